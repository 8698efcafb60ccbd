import { createHash } from 'node:crypto'
import { type CodeText, sortFiles } from '../../domain/modules/module-files.ts'
import type { OutboundMode, RecordedAnswer } from '../../domain/runs/outgoing.ts'
import type { Job, JobSteps, Outcome, RunRequest } from '../../domain/runs/run.ts'
import { isDurable } from '../../domain/runs/steps.ts'
import type { Snapshot } from '../../domain/settings/settings.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { failed } from '../../workers/worker/outcome.ts'
import type { RunTokens } from '../connections/tokens.ts'
import type { Code, Prepared, Unprepared } from '../packages/prepared.ts'

const MIB = 1024 * 1024

export type TrialRules = {
  readonly outbound: OutboundMode
  readonly answers: readonly RecordedAnswer[]
  readonly snapshot: Snapshot
}

type Started = {
  readonly workflow: Workflow
  readonly code: Code & { readonly id: string | null }
  readonly prepared: Prepared | Unprepared
  readonly runId: string
  readonly request: RunRequest | null
  readonly snapshot: Snapshot
  readonly tokens: RunTokens
  readonly traceId: string | null
  readonly trial?: TrialRules
  readonly steps?: JobSteps | null
}

/** A run whose packages cannot be installed fails before it starts. */
export async function runCode(
  pool: Pool,
  started: Started,
  options: Pick<Job, 'onLog' | 'signal' | 'onResult'>,
): Promise<Outcome> {
  const { prepared } = started
  if (!('problem' in prepared)) return await pool.execute({ ...jobOf(started, prepared), ...options })
  return failed({ code: prepared.code, message: prepared.problem }, { logs: [], timing: {} })
}

function jobOf(
  { workflow, code, runId, request, snapshot, tokens, traceId, trial, steps }: Started,
  prepared: Prepared,
): Job {
  const { isolation, egress } = workflow
  const codeKey = code.id ?? hashOf(code)
  return {
    runId,
    workflowId: workflow.id,
    kind: workflow.kind,
    versionKey: versionKeyOf(codeKey, workflow),
    source: code.source,
    files: code.files,
    ...prepared,
    durable: durableOf(code, workflow),
    ...(steps == null ? {} : { steps }),
    isolation,
    timeoutMs: workflow.timeoutSeconds * 1000,
    memoryBytes: workflow.memoryMib * MIB,
    variables: workflow.variables,
    egress,
    outbound: trial?.outbound ?? 'live',
    calls: {
      traceId,
      propagate: workflow.propagateTrace,
      record: workflow.recordOutbound,
      answers: trial?.answers ?? [],
    },
    request,
    settings: new Map([
      ...[...snapshot].map(([key, { value }]) => [key, value] as const),
      ...[...tokens].map(([name, { setting }]) => [name, setting] as const),
    ]),
  }
}

function hashOf({ source, files }: CodeText): string {
  const text = JSON.stringify([source, sortFiles(files)])
  return createHash('sha256').update(text).digest('base64url')
}

/** Unsaved code has no version that says it. */
export const durableOf = (
  code: CodeText & { readonly durable?: boolean },
  { runtime }: Pick<Workflow, 'runtime'>,
): boolean => code.durable ?? isDurable(code, runtime)

export function versionKeyOf(codeKey: string, { id, runtime, isolation }: Workflow): string {
  return `${id} ${codeKey} ${runtime} ${isolation}`
}
