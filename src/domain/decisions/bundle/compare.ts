import { canonicalJson } from '../canonical.ts'
import type { ProposedDecision } from '../decision.ts'
import type { SealedDecision } from '../record.ts'

export type Difference = { readonly field: string; readonly recorded: string; readonly replayed: string }

/** Compares canonical JSON. A person may have chosen another outcome than the proposed one. */
export function compareDecision({ record, content }: SealedDecision, found: ProposedDecision): readonly Difference[] {
  const { proposed, model, score } = record
  const recorded = {
    subject: content?.subject ?? null,
    outcome: proposed,
    reasons: content?.reasons ?? null,
    inputs: content?.inputs ?? null,
    model,
    score,
  }
  return Object.entries(recorded).flatMap(([field, value]) => {
    const other: unknown = Reflect.get(found, field)
    const texts = { recorded: canonicalJson(value), replayed: canonicalJson(other) }
    return texts.recorded === texts.replayed ? [] : [{ field, ...texts }]
  })
}
