/** The app has words for what the audit log holds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGE_ACTIONS } from '../../src/domain/runs/signal.ts'
import { WORKFLOW_FIELDS } from '../../src/domain/workflows/workflow.ts'
import { ACTIONS, fieldWords } from '../../web/src/features/system/audit-words.ts'

test('every change has words', () => {
  const missing = CHANGE_ACTIONS.filter((action) => ACTIONS[action] === undefined)
  assert.deepEqual(missing, [])
})

test('every field of a workflow has words', () => {
  const missing = Object.keys(WORKFLOW_FIELDS).filter((field) => fieldWords(field) === field.replaceAll('_', ' '))
  assert.deepEqual(missing, [])
})
