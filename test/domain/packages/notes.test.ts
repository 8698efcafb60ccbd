import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeOlder } from '../../../src/domain/packages/notes.ts'
import { parseRequirement } from '../../../src/domain/packages/requirement.ts'

const VERSIONS = ['4.23.0', '4.28.0', '5.0.0rc1', '4.9', 'not a version']
const older = (requirement: string, taken: string, versions: readonly string[] = VERSIONS) =>
  describeOlder(parseRequirement(requirement), taken, versions)

test('an older version than the index has is named with the newest', () => {
  assert.match(
    String(older('hrflow-connectors', '4.23.0')),
    /^hrflow-connectors: version 4\.23\.0 was taken, .* than 4\.28\.0\./,
  )
})

test('a version that is the newest, or the newest that was asked for, needs no note', () => {
  assert.equal(older('hrflow-connectors', '4.28.0'), null)
  assert.equal(older('hrflow-connectors<4.25', '4.23.0'), null)
  assert.equal(older('hrflow-connectors==4.9', '4.9'), null)
})

test('releases before a version do not count, nor does an index that names none', () => {
  assert.equal(older('hrflow-connectors', '4.28.0', ['5.0.0rc1', '5.0.dev2']), null)
  assert.equal(older('hrflow-connectors', '4.23.0', []), null)
})
