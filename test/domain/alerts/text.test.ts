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
