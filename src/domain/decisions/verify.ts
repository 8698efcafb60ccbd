import { digestOf } from './canonical.ts'
import { NO_PREVIOUS, type SaltedAttributes, type SealedDecision } from './record.ts'

/** Start of a chain whose expired records were deleted. */
export type ChainStart = { readonly number: number; readonly previous: string }

export const WHOLE_CHAIN: ChainStart = { number: 1, previous: NO_PREVIOUS }

/** A record's hash, published elsewhere earlier. */
export type Anchor = { readonly number: number; readonly sha256: string }

export type ChainHead = Anchor

/** `id` is null if the record is missing. */
export type Broken = { readonly id: string | null; readonly number: number; readonly reason: string }

export type Verification = { readonly checked: number; readonly ok: boolean; readonly first_broken: Broken | null }

/** `attributes` is undefined where the data do not have them, as in an export. */
export type CheckedDecision = SealedDecision & {
  readonly attributes?: SaltedAttributes | null | undefined
  readonly problem?: string
}

export type ChainVerifier = {
  /** Call it for each record in order. Returns false from the first broken one on. */
  check(decision: CheckedDecision): boolean
  end(head: ChainHead | null): Verification
}

/** `start` is null if the first record is unknown. */
export function verifyChain(start: ChainStart | null, anchors: readonly Anchor[] = []): ChainVerifier {
  const anchored = new Map(anchors.map(({ number, sha256 }) => [number, sha256]))
  let expected = start
  let broken: Broken | null = null
  let checked = 0
  return {
    check(decision) {
      if (broken !== null) return false
      broken = problemOf(decision, expected, anchored.get(decision.record.number))
      if (broken !== null) return false
      checked += 1
      expected = { number: decision.record.number + 1, previous: decision.sha256 }
      return true
    },
    end(head) {
      broken ??= problemOfEnd(expected, head, anchors)
      return { checked, ok: broken === null, first_broken: broken }
    },
  }
}

function problemOf(decision: CheckedDecision, expected: ChainStart | null, anchor: string | undefined): Broken | null {
  const { record, sha256 } = decision
  const { id, number } = record
  const broken = (reason: string): Broken => ({ id, number, reason })
  if (decision.problem !== undefined) return { id, number: expected?.number ?? number, reason: decision.problem }
  if (digestOf(record) !== sha256)
    return { id, number: expected?.number ?? number, reason: 'the record does not match its sha256' }
  if (expected !== null && number > expected.number)
    return { id: null, number: expected.number, reason: `number ${expected.number} is missing` }
  if (expected !== null && number < expected.number) return broken(`number ${number} occurs twice`)
  if (expected !== null && record.previous_sha256 !== expected.previous)
    return broken('previous_sha256 is not the sha256 of the record before')
  if (anchor !== undefined && anchor !== sha256) return broken('the sha256 differs from its anchor')
  const reason = problemOfContent(decision)
  return reason === null ? null : broken(reason)
}

function problemOfContent({ record, content, attributes, erasedAt }: CheckedDecision): string | null {
  if (content === null) {
    if (erasedAt === null) return 'subject, reasons and inputs are missing, but were not erased'
    return attributes == null ? null : 'attributes are left after an erasure'
  }
  if (erasedAt !== null) return 'erased_at is set, but the content is there'
  if (digestOf(content) !== record.content_sha256) return 'subject, reasons or inputs were changed'
  if (attributes === undefined) return null
  const found = attributes === null ? null : digestOf(attributes)
  return found === record.attributes_sha256 ? null : 'attributes were changed'
}

/** Anchors are published elsewhere: they reveal missing records at the end. */
function problemOfEnd(expected: ChainStart | null, head: ChainHead | null, anchors: readonly Anchor[]): Broken | null {
  const next = expected?.number ?? 1
  if (head !== null && head.number !== next - 1) {
    const number = Math.min(head.number + 1, next)
    return { id: null, number, reason: `the chain ends at number ${next - 1} instead of ${head.number}` }
  }
  if (head !== null && expected !== null && head.number > 0 && head.sha256 !== expected.previous)
    return { id: null, number: head.number, reason: 'the last sha256 is not the one of the head' }
  const later = anchors.find(({ number }) => number >= next)
  if (later === undefined) return null
  return { id: null, number: next, reason: `an anchor names number ${later.number}, and the chain ends before` }
}
