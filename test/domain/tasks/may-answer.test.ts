import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLES } from '../../../src/domain/shared/access.ts'
import { type Asker, type Rule, whyMayNotAnswer } from '../../../src/domain/tasks/may-answer.ts'

const ADA: Asker = { id: 'ada', email: 'ada@example.com', role: 'owner', key: null, roleSince: null }
const RULE: Rule = { asked: ['owners', 'editors', 'lea@example.com'], editors: null, starters: [] }
const KEY = { isOwn: true, hasEnded: false, createdAt: 5 }

test('the task asks addresses, owners, and editors who may change the workflow', () => {
  const may = (given: Partial<Asker>, rule: Partial<Rule> = {}) =>
    whyMayNotAnswer({ ...ADA, ...given }, { ...RULE, ...rule }) === null
  assert.deepEqual(
    ROLES.map((role) => may({ role })),
    [false, false, true, true],
  )
  assert.deepEqual(
    ROLES.map((role) => may({ role, email: 'lea@example.com' })),
    [true, true, true, true],
  )
  assert.equal(may({ role: 'editor' }, { editors: ['eve'] }), false)
  assert.equal(may({ role: 'editor', id: 'eve' }, { editors: ['eve'] }), true)
  assert.equal(may({}, { asked: ['editors'] }), false)
})

test('no key without a person, no starter and no old key may answer, whatever their role and whomever the task asks', () => {
  const refused: readonly (readonly [Asker | null, Partial<Rule>, RegExp])[] = [
    [null, {}, /belongs to no person/],
    [{ ...ADA, role: null }, {}, /no role/],
    [{ ...ADA, key: { ...KEY, isOwn: false } }, {}, /made by another key/],
    [{ ...ADA, key: { ...KEY, hasEnded: true } }, {}, /revoked or has expired/],
    [{ ...ADA, key: KEY, roleSince: 6 }, {}, /older than the role/],
    [ADA, { starters: [{ id: 'ada', email: '' }] }, /started this run/],
    [{ ...ADA, key: KEY }, { starters: [{ id: 'ada', email: '' }] }, /started this run/],
    // The account was removed, and its person was invited again.
    [ADA, { starters: [{ id: 'before', email: 'ada@example.com' }] }, /started this run/],
  ]
  for (const asked of [['owners'], ['ada@example.com'], ['owners', 'editors', 'ada@example.com']])
    for (const [person, rule, reason] of refused)
      assert.match(whyMayNotAnswer(person, { ...RULE, asked, ...rule }) ?? '', reason)
  assert.equal(whyMayNotAnswer({ ...ADA, key: KEY, roleSince: 5 }, RULE), null)
})
