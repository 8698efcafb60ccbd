/** Which JSON the run's page shows as a card. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profileOf } from '../../src/demo/profile.ts'
import { findEntity } from '../../web/src/lib/ui/runs/hrflow/find-entity.ts'

const upload = { name: 'ada.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4') }
const PROFILE = profileOf(upload, 'source', null, '2026-01-01T00:00:00Z')
const JOB = {
  name: 'Nurse',
  reference: 'JOB-1',
  board_key: 'b',
  location: { text: 'Lyon' },
  sections: [{ name: 'missions', title: 'Missions', description: 'To care' }],
  skills: [{ name: 'First aid', type: 'hard' }],
}

test('a profile is found in itself, in the answer of the API, and in a webhook', () => {
  for (const body of [PROFILE, { code: 201, data: PROFILE }, { data: { profile: PROFILE } }, { profile: PROFILE }]) {
    const found = findEntity(JSON.stringify(body))
    assert.equal(found?.kind, 'profile')
    assert.equal(found.name, PROFILE.info.full_name)
    assert.deepEqual(found.facts, [PROFILE.info.email, PROFILE.info.phone, PROFILE.info.location.text])
    assert.equal(found.experiences.length, 2)
    assert.deepEqual(
      found.skills,
      PROFILE.skills.map(({ name }) => name),
    )
    assert.equal(found.more, 0)
  }
})

test('a job is found with its sections and skills', () => {
  const found = findEntity(JSON.stringify({ type: 'job.parsing.success', job: JOB }))
  assert.deepEqual(
    [found?.kind, found?.name, found?.facts, found?.experiences, found?.skills],
    ['job', 'Nurse', ['JOB-1', 'Lyon'], [{ title: 'Missions', about: 'To care', dates: '' }], ['First aid']],
  )
})

test('other JSON, broken JSON and values of other types are no profile', () => {
  for (const text of [
    '',
    '[]',
    '{',
    'null',
    '{"name":"Ada","skills":[]}',
    '{"info":{"full_name":"Ada"}}',
    '{"info":{"full_name":"Ada"},"skills":"none"}',
    JSON.stringify({ info: { full_name: 5 }, skills: [null, 7] }),
  ])
    assert.equal(findEntity(text), null, text)
  const odd = findEntity(
    JSON.stringify({ info: { full_name: 'Ada', email: {} }, skills: [null, { name: 5 }, { name: 'SQL' }] }),
  )
  assert.deepEqual([odd?.facts, odd?.skills], [[], ['SQL']])
})

test('long lists are cut and counted', () => {
  const found = findEntity(JSON.stringify({ ...PROFILE, skills: Array(30).fill({ name: 'SQL' }) }))
  assert.deepEqual([found?.skills.length, found?.more], [24, 6])
})
