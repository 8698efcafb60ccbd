import type { IdempotencyKey } from '../../domain/hooks/idempotency.ts'
import type { RunRequest, Timing, Trigger } from '../../domain/runs/run.ts'
import type { StoredStep } from '../../domain/runs/steps.ts'
import type { TestRules } from '../../domain/runs/test-answers.ts'
import { parseTraceparent, type TraceContext } from '../../domain/runs/trace.ts'
import type { CancelSignal } from '../../domain/shared/cancellation.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { pooledRandomBytes } from '../../random.ts'
import type { AuditEntry } from '../../store/audit/audit.ts'
import type { NewRun } from '../../store/runs/rows/records.ts'
import type { Part } from '../../store/runs/rows/step-records.ts'
import type { RunTokens } from '../connections/tokens.ts'
import type { Code, Prepared, Unprepared } from '../packages/prepared.ts'
import type { KeptRun } from '../privacy/rules.ts'
import type { StartSettings } from '../privacy/start-settings.ts'
import { durableOf, type TrialRules } from './job.ts'

export type PlannedRun = {
  readonly workflow: Workflow
  readonly code: Code & { readonly id: string | null }
  readonly trigger: Trigger
  readonly request: RunRequest | null
  readonly replayOf: string | null
  readonly keepSettings: boolean
  readonly key?: IdempotencyKey | null
  readonly isGone?: () => boolean
  readonly waits?: boolean
  readonly lane?: string | null
  readonly canary?: 0 | 1 | null
  readonly trial?: TrialRules
  readonly test?: TestRules
  readonly isAttended?: boolean
  readonly entryOf?: ((runId: string) => AuditEntry) | null
  readonly caller?: { readonly runId: string; readonly signal: CancelSignal }
}

export type StartedRun = PlannedRun &
  StartSettings & {
    readonly prepared: Prepared | Unprepared
    readonly tokens: RunTokens
    readonly runId: string
    readonly startedAt: number
    readonly timing: Timing
    readonly kept: KeptRun | null
    readonly traceId: string | null
    /** Null: not durable. */
    readonly part: Part | null
    readonly stored: readonly StoredStep[]
  }

export function rowOf(
  planned: PlannedRun,
  id: string,
  kept: KeptRun | null,
): Omit<NewRun, 'createdAt' | 'startedAt'> & { readonly trace: TraceContext } {
  const { workflow, code, trigger, replayOf, keepSettings, key, lane, canary, isAttended } = planned
  const { request, identities } = kept?.kept ?? { request: planned.request, identities: [] }
  const unsaved = code.id === null ? { source: code.source, files: code.files } : { source: null }
  return {
    id,
    workflowId: workflow.id,
    versionId: code.id,
    ...unsaved,
    trigger,
    request,
    identities,
    replayOf,
    keepSettings,
    key,
    lane,
    canary,
    isAttended,
    entry: planned.entryOf?.(id) ?? null,
    parentRunId: planned.caller?.runId ?? null,
    durable: durableOf(code, workflow),
    trace: (trigger === 'hook' ? parseTraceparent(planned.request?.headers ?? []) : null) ?? newTrace(),
  }
}

const newTrace = (): TraceContext => ({ traceId: pooledRandomBytes(16).toString('hex'), parentId: null })
