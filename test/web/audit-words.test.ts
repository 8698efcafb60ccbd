/** The app has words for every action of the audit log. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGE_ACTIONS } from '../../src/domain/runs/signal.ts'
import { ACTIONS } from '../../web/src/features/system/audit-words.ts'

test('every change has words', () => {
  const missing = CHANGE_ACTIONS.filter((action) => ACTIONS[action] === undefined)
  assert.deepEqual(missing, [])
})
