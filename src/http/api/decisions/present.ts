import type { SealedDecision } from '../../../domain/decisions/record.ts'
import type { PendingDecision } from '../../../store/decisions/records.ts'
import { timeText } from '../common/present.ts'

export const presentDecision = ({ record, sha256, content, erasedAt }: SealedDecision) => ({
  ...record,
  subject: content?.subject ?? null,
  reasons: content === null ? null : [...content.reasons],
  inputs: content?.inputs ?? null,
  oversight: record.oversight && { ...record.oversight, reason: content?.oversight_reason ?? null },
  erased_at: erasedAt,
  sha256,
})

/** Until a person agrees or overrules, a proposal has no number and no hash. */
export const presentPending = ({ taskId, workflowId, runId, at, decision }: PendingDecision, now: number) => ({
  id: decision.id,
  number: null,
  workflow_id: workflowId,
  workflow_name: decision.workflowName,
  run_id: runId,
  version: decision.version,
  source_sha256: decision.sourceSha256,
  lock_sha256: decision.lockSha256,
  at: timeText(at),
  subject: decision.given.subject,
  outcome: null,
  proposed: decision.given.outcome,
  reasons: [...decision.given.reasons],
  inputs: decision.given.inputs,
  model: decision.given.model,
  score: decision.given.score,
  decided_by: null,
  oversight: { task_id: taskId, choice: null, reason: null, at: null, seconds_open: Math.max(0, now - at) / 1000 },
  kept_until: null,
  erased_at: null,
  content_sha256: null,
  attributes_sha256: null,
  previous_sha256: null,
  sha256: null,
})
