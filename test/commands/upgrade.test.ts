import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTrial } from '../../src/commands/upgrade.ts'

const MIB = 1024 ** 2
const TRIAL = { to: 90, ms: 1234, bytesBefore: 10 * MIB, bytesAfter: 12 * MIB, freeBytes: 100 * MIB }

test('a trial of an upgrade says what it does, whether servers may go on beside it, and the room that it needs', () => {
  assert.deepEqual(describeTrial({ ...TRIAL, migrations: ['89 one', '90 two'], isCompatible: false }), [
    'On a copy, 2 migrations took 1.2 s: 89 one, 90 two.',
    'Servers of the release before must not work beside it: stop all of them first. There is no way back but the backup.',
    'The database: 10 MiB before, 12 MiB after.',
    'The upgrade needs up to 34 MiB of the disk (its backup, and the changed pages twice); 100 MiB are free.',
  ])
  const compatible = describeTrial({ ...TRIAL, migrations: ['90 two'], isCompatible: true, freeBytes: null })
  assert.deepEqual(compatible.slice(0, 2), [
    'On a copy, 1 migration took 1.2 s: 90 two.',
    'Servers of the release before may go on beside it, and may be started again.',
  ])
  assert.equal(compatible.length, 3)
})
