import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fairnessOf, isFair, pairRequests, parseFairness } from '../../../src/domain/decisions/fairness.ts'

const SENT = { base: { last: 5 }, max_changed: 0 }

test('a pair differs in its field only', () => {
  const document = { person: { sex: 'f', years: 3 }, id: 1 }
  const [pair] = pairRequests(document, [{ path: '/person/sex', values: ['f', 'm'] }])
  assert.deepEqual(pair?.documents, [
    { person: { years: 3, sex: 'f' }, id: 1 },
    { person: { years: 3, sex: 'm' }, id: 1 },
  ])
  assert.deepEqual(pairRequests({ other: 1 }, [{ path: '/person/sex', values: ['f', 'm'] }]), [])
})

test('a set of names replaces the first name, or the first word of a whole name', () => {
  const first = (document: unknown, set: 'names_en' | 'names_fr') => pairRequests(document, set)[0]?.documents
  assert.deepEqual(first({ profile: { firstName: 'Ana', name: 'Ana Lopez' } }, 'names_en'), [
    { profile: { name: 'Ana Lopez', firstName: 'Emily' } },
    { profile: { name: 'Ana Lopez', firstName: 'Lakisha' } },
  ])
  assert.deepEqual(first({ name: 'Ana María Lopez' }, 'names_fr'), [
    { name: 'Julien María Lopez' },
    { name: 'Mohamed María Lopez' },
  ])
  assert.deepEqual(first({ Prénom: 'Ana' }, 'names_fr'), [{ Prénom: 'Julien' }, { Prénom: 'Mohamed' }])
  assert.deepEqual(pairRequests({ title: 'x', filename: 'y' }, 'names_en'), [])
})

test('a function that looks at the first name is refused, and its twin passes', () => {
  const gate = parseFairness({ ...SENT, pairs: 'names_en' })
  const people = [
    { first_name: 'Ana', years: 3 },
    { first_name: 'Bo', years: 8 },
  ]
  const judge = (decide: (document: { first_name: string; years: number }) => string) =>
    fairnessOf(
      people.flatMap((document) =>
        pairRequests(document, gate.pairs).map(({ path, values, documents: [one, other] }) => {
          const outcomes = [decide(one as typeof document), decide(other as typeof document)] as const
          return { path, values, runId: 'run_1', outcomes }
        }),
      ),
    )
  const byName = judge(({ first_name, years }) => (years >= 5 && first_name !== 'Jamal' ? 'invite' : 'reject'))
  assert.deepEqual([byName.pairs, byName.changed, isFair(byName, gate)], [40, 2, false])
  assert.deepEqual(byName.examples[0]?.values, ['Greg', 'Jamal'])
  const twin = judge(({ years }) => (years >= 5 ? 'invite' : 'reject'))
  assert.deepEqual([twin.changed, isFair(twin, gate)], [0, true])
})

test('a gate without a pair that could be compared does not pass', () => {
  assert.equal(isFair(fairnessOf([]), parseFairness({ ...SENT, pairs: 'names_fr' })), false)
})

test('two equal values and a wrong pointer are refused', () => {
  assert.throws(() => parseFairness({ ...SENT, pairs: [{ path: '/sex', values: ['f', 'f'] }] }), {
    code: 'bad_request',
  })
  assert.throws(() => parseFairness({ ...SENT, pairs: [{ path: 'sex', values: ['f', 'm'] }] }), { code: 'bad_request' })
})
