import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertText } from '../../../src/domain/alerts/text.ts'

const MESSAGE = {
  type: 'failing',
  at: 0,
  workflow: { id: 'wf_1', name: 'Parse', kind: 'pull' },
  run: { id: 'run_1', code: 'exception', message: 'ValueError: no' },
  since: 0,
  failures: 2,
  heldBack: 0,
} as const

test('a mail about a task has the title in the words of the function, and names the outcome of a decision', () => {
  const task = { id: 'task_1', title: 'Decision: reject', remindMs: null }
  const about = { ...MESSAGE, type: 'task', run: null, since: null } as const
  const subjectOf = (more: object) => alertText({ ...about, task: { ...task, ...more } }, '', 'fr').subject
  assert.equal(subjectOf({}), 'À décider : Decision: reject')
  assert.equal(subjectOf({ proposed: 'reject' }), 'À décider : « reject » est proposé')
})

test('Z3-46 an alert names the kind of the workflow, and the code and the message of the error', () => {
  const { lines } = alertText(MESSAGE, 'https://app.test', 'en')
  assert.deepEqual(lines.slice(0, 2), ['Workflow: Parse (pull)', 'Error (exception): ValueError: no'])
  const bare = alertText({ ...MESSAGE, run: { ...MESSAGE.run, message: null } }, 'https://app.test', 'fr')
  assert.deepEqual(bare.lines[1], 'Erreur (exception)')
  const recovered = alertText({ ...MESSAGE, type: 'recovered', run: { ...MESSAGE.run, code: null } }, '', 'en')
  assert.equal(
    recovered.lines.some((line) => line.startsWith('Error')),
    false,
  )
})
