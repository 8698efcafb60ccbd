import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SealedDecision } from '../../../src/domain/decisions/record.ts'
import { isOver } from '../../../src/domain/decisions/record.ts'
import {
  type ChainStart,
  type CheckedDecision,
  verifyChain,
  WHOLE_CHAIN,
} from '../../../src/domain/decisions/verify.ts'
import { ATTRIBUTES, erased, makeChain } from './chain.ts'

const CHAIN = makeChain(5)

function verify(
  decisions: readonly CheckedDecision[],
  { start = WHOLE_CHAIN, anchors = [], head = headOf(CHAIN) }: Partial<Options> = {},
) {
  const verifier = verifyChain(start, anchors)
  for (const one of decisions) verifier.check(one)
  return verifier.end(head)
}

type Options = {
  readonly start: ChainStart | null
  readonly anchors: readonly { readonly number: number; readonly sha256: string }[]
  readonly head: { readonly number: number; readonly sha256: string } | null
}

const headOf = (chain: readonly SealedDecision[]) => {
  const last = chain.at(-1)
  return last === undefined ? null : { number: last.record.number, sha256: last.sha256 }
}

const changed = (number: number, change: (one: SealedDecision) => CheckedDecision): readonly CheckedDecision[] =>
  CHAIN.map((one) => (one.record.number === number ? change(one) : one))

test('a whole chain is verified, also with erased decisions and attributes', () => {
  assert.deepEqual(verify(CHAIN), { checked: 5, ok: true, first_broken: null })
  assert.equal(verify(changed(3, erased)).ok, true)
  assert.equal(verify(changed(3, (one) => ({ ...one, attributes: ATTRIBUTES }))).ok, true)
})

test('one changed character anywhere in a decision is found, and its number is named', () => {
  const [, , third] = CHAIN
  assert.ok(third !== undefined)
  const text = JSON.stringify({ ...third, attributes: ATTRIBUTES })
  let tried = 0
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === '0' ? '1' : '0'
    const decision = parse(text.slice(0, at) + other + text.slice(at + 1))
    if (decision === null || JSON.stringify(decision) === text) continue
    tried += 1
    const { ok, first_broken: broken } = verify(changed(3, () => decision))
    assert.equal(ok, false, `character ${at}`)
    assert.ok(broken !== null && [2, 3].includes(broken.number), `character ${at}: ${JSON.stringify(broken)}`)
  }
  assert.ok(tried > 500, `${tried}`)
})

/** Returns null if the changed text is not JSON, or lacks a field. */
function parse(text: string): CheckedDecision | null {
  try {
    const found = JSON.parse(text)
    const isWhole = ['record', 'sha256', 'content', 'erasedAt', 'attributes'].every((name) => name in found)
    return isWhole && Number.isInteger(found.record?.number) ? found : null
  } catch {
    return null
  }
}

test('a decision that is missing, doubled or moved is found', () => {
  const missing = verify(CHAIN.filter(({ record }) => record.number !== 3)).first_broken
  assert.deepEqual(missing, { id: null, number: 3, reason: 'number 3 is missing' })
  const doubled = verify(CHAIN.flatMap((one) => (one.record.number === 3 ? [one, one] : [one]))).first_broken
  assert.equal(doubled?.reason, 'number 3 occurs twice')
  assert.equal(verify(CHAIN.toReversed()).ok, false)
})

test('a decision that was sealed again with another outcome breaks the next one', () => {
  const other = makeChain(5, 'wf_2')
  const { first_broken: broken } = verify(CHAIN.map((one, index) => (index === 1 ? (other[1] ?? one) : one)))
  assert.equal(broken?.reason, 'previous_sha256 is not the sha256 of the record before')
})

test('a missing end is found with the head, and a whole new chain with an anchor', () => {
  assert.equal(verify(CHAIN.slice(0, 4)).first_broken?.reason, 'the chain ends at number 4 instead of 5')
  const anchors = [{ number: 4, sha256: CHAIN[3]?.sha256 ?? '' }]
  assert.equal(verify(CHAIN, { anchors }).ok, true)
  const forged = makeChain(5, 'wf_2')
  assert.equal(
    verify(forged, { anchors, head: headOf(forged) }).first_broken?.reason,
    'the sha256 differs from its anchor',
  )
  const short = CHAIN.slice(0, 3)
  assert.match(
    verify(short, { anchors, head: headOf(short) }).first_broken?.reason ?? '',
    /an anchor names number 4, and the chain ends before/,
  )
})

test('a chain begins where older decisions were deleted at the end of their time', () => {
  const start = { number: 3, previous: CHAIN[1]?.sha256 ?? '' }
  assert.deepEqual(verify(CHAIN.slice(2), { start }), { checked: 3, ok: true, first_broken: null })
  assert.equal(verify(CHAIN.slice(3), { start }).first_broken?.number, 3)
})

test('content that was removed without an erasure is found, and content after an erasure too', () => {
  const removed = verify(changed(2, (one) => ({ ...one, content: null }))).first_broken
  assert.equal(removed?.reason, 'subject, reasons and inputs are missing, but were not erased')
  const left = verify(changed(2, (one) => ({ ...one, erasedAt: '2026-02-01T00:00:00.000Z' }))).first_broken
  assert.equal(left?.reason, 'erased_at is set, but the content is there')
})

test('a shorter period deletes no decision before its time, and a longer one keeps it', () => {
  const [record] = CHAIN.map((one) => one.record)
  assert.ok(record !== undefined)
  const day = 86_400_000
  const at = Date.parse(record.at)
  assert.equal(isOver(record, 7, at + 8 * day), false)
  assert.equal(isOver(record, 7, at + 1461 * day), true)
  assert.equal(isOver(record, 3650, at + 1461 * day), false)
  assert.equal(isOver(record, null, at + 1461 * day), true)
})
