/** Runs before they are stored. */

import type { IdempotencyKey } from '../../domain/hooks/idempotency.ts'
import type { RunRequest, Trigger } from '../../domain/runs/run.ts'
import { parseTraceparent, type TraceContext } from '../../domain/runs/trace.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { randomIdBytes } from '../../random.ts'
import type { AuditEntry } from '../../store/audit/audit.ts'
import type { NewRun } from '../../store/runs/rows/records.ts'
import type { Code } from '../packages/prepared.ts'
import type { KeptRun } from '../privacy/rules.ts'
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
  readonly isAttended?: boolean
  readonly entryOf?: ((runId: string) => AuditEntry) | null
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
    durable: durableOf(code, workflow),
    trace: (trigger === 'hook' ? parseTraceparent(planned.request?.headers ?? []) : null) ?? newTrace(),
  }
}

const newTrace = (): TraceContext => ({ traceId: randomIdBytes(16).toString('hex'), parentId: null })
