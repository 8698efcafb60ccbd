/** The app has words for what the audit log holds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGE_ACTIONS } from '../../src/domain/runs/signal.ts'
import { WORKFLOW_FIELDS } from '../../src/domain/workflows/workflow.ts'
import { findDetailWords } from '../../web/src/features/system/audit-detail.ts'
import { ACTIONS, fieldWords } from '../../web/src/features/system/audit-words.ts'

test('every change has words', () => {
  const missing = CHANGE_ACTIONS.filter((action) => ACTIONS[action] === undefined)
  assert.deepEqual(missing, [])
})

test('every field of a workflow has words', () => {
  const missing = Object.keys(WORKFLOW_FIELDS).filter((field) => fieldWords(field) === field.replaceAll('_', ' '))
  assert.deepEqual(missing, [])
})

test('what the server writes into the log has words', () => {
  for (const [action, detail] of [
    ['invitation.create', 'bob@example.com as editor'],
    ['person.update', 'bob@example.com is owner'],
    ['person.update', 'bob@example.com is owner, by the sign-in provider'],
    ['run.replay', 'run_1 as run_2'],
    ['run.replay', 'run_1 as run_2, from its steps'],
    ['runs.delete', '3 by id'],
    ['runs.delete', '3 by no filter'],
    ['runs.delete', '3 by workflow_id, status'],
    ['dead_letters.replay', '3 of dead_1'],
    ['privacy.find', '1 runs'],
    ['privacy.erase', 'er_1: 2 runs'],
    ['privacy.erase', 'er_1: 2 runs, 1 decisions'],
    ['held_runs.cancel', '2 runs'],
    ['version.deploy', 'version 4, forced past its gate'],
    ['canary.abort', 'version 4: 3 of 20 calls failed'],
    ['decisions.expire', 'numbers 1 to 3; 0af'],
    ['workflow.update', 'timeout_seconds, retries'],
    ['workflow.update', 'canary (version 4, 50 %)'],
    ['workflow.update', 'alerts: the channel ops was deleted'],
    ['workflow.duplicate', 'copy, from wf_1'],
    ['alerts.update', 'failing, recovered'],
    ['task.answer', '"yes" to "ok?" (task_1 of run_1): because'],
    ['request.refuse', 'GET /api/people from 127.0.0.1'],
    ['request.refuse', '12 more refusals are not listed'],
    ['session.refuse', '127.0.0.1 · 3 more times'],
  ] as const)
    assert.notEqual(findDetailWords(action, detail), null, detail)
  assert.equal(findDetailWords('channel.create', '3 runs'), null)
})
