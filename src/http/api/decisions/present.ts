import type { SealedDecision } from '../../../domain/decisions/record.ts'

export const presentDecision = ({ record, sha256, content, erasedAt }: SealedDecision) => ({
  ...record,
  subject: content?.subject ?? null,
  reasons: content === null ? null : [...content.reasons],
  inputs: content?.inputs ?? null,
  oversight: record.oversight && { ...record.oversight, reason: content?.oversight_reason ?? null },
  erased_at: erasedAt,
  sha256,
})
