/** What the audit log says of refusals, and how many lines hostile callers can add. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNKNOWN } from '../../../../src/domain/shared/actor.ts'
import { createRefusals, MAX_REFUSAL_LINES } from '../../../../src/http/auth/shared/refusals.ts'
import type { AuditEntry } from '../../../../src/store/audit/audit.ts'

const HOUR = 3600 * 1000
const PERSON = { type: 'person', id: 'p1', name: 'Ada' } as const

function createSetting() {
  const written: AuditEntry[] = []
  const clock = { at: 1000 }
  const write = async (entry: AuditEntry) => void written.push(entry)
  return { written, clock, refusals: createRefusals({ write, now: () => clock.at, onError: assert.ifError }) }
}
const refusal = { by: PERSON, action: 'request.refuse', workflowId: null, detail: 'POST /api/keys' }
const details = (written: readonly AuditEntry[]) => written.map(({ detail }) => detail)

test('Y25 a refusal is written at once, and its repeats are counted for an hour', async (t) => {
  const { written, clock, refusals } = createSetting()
  t.after(() => refusals.close())
  for (let index = 0; index < 4; index += 1) await refusals.note(refusal)
  assert.deepEqual(details(written), ['POST /api/keys'])
  clock.at += HOUR
  await refusals.note(refusal)
  assert.deepEqual(details(written), ['POST /api/keys', 'POST /api/keys · 3 more times', 'POST /api/keys'])
})

test('Y25 unknown callers add a bounded number of lines, and take none from those who are known', async () => {
  const { written, refusals } = createSetting()
  for (let index = 0; index < 10_000; index += 1) {
    const by = { ...UNKNOWN, name: `guess-${index}@example.com` }
    await refusals.note({ by, action: 'session.refuse', workflowId: null, detail: `2001:db8::${index.toString(16)}` })
  }
  assert.equal(written.length, MAX_REFUSAL_LINES)
  await refusals.note(refusal)
  assert.equal(written.at(-1)?.by, PERSON)
  await refusals.close()
  assert.deepEqual(written.at(-1), {
    at: 1000,
    by: UNKNOWN,
    action: 'request.refuse',
    workflowId: null,
    detail: `${10_000 - MAX_REFUSAL_LINES} more refusals are not listed`,
  })
  assert.equal(written.length, MAX_REFUSAL_LINES + 2)
})
