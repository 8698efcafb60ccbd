import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGE_ACTIONS } from '../../src/domain/runs/signal.ts'
import { type LiveEvent, queryKeys, topicsOf } from '../../web/src/lib/client/query-keys.ts'

const change = (action: string) => ({ event: 'change', data: { workflow_id: null, action } }) as LiveEvent

test('a change of a person makes stale what shows people and what they may do', () => {
  assert.deepEqual(topicsOf(change('person.update')), ['api-keys', 'invitations', 'me', 'people'])
  assert.deepEqual(topicsOf(change('key.create')), ['api-keys'])
  assert.deepEqual(topicsOf(change('invitation.revoke')), ['invitations', 'people'])
})

test('each change of the API is known, and one of a newer server is no error', () => {
  for (const action of CHANGE_ACTIONS) assert.ok(Array.isArray(topicsOf(change(action))), action)
  for (const action of ['gadget.create', 'constructor.call', 'toString', '']) {
    assert.deepEqual(topicsOf(change(action)), [], action)
  }
})

test('a run makes stale its own page and every list of runs', () => {
  const run = { run_id: 'run_1', workflow_id: 'wf_1', status: 'succeeded' as const, duration_ms: 1 }
  const topics: readonly string[] = topicsOf({ event: 'run', data: run })
  for (const [topic] of [queryKeys.run('run_1'), queryKeys.attempts('run_1'), queryKeys.home, queryKeys.runs]) {
    assert.ok(topics.includes(topic), topic)
  }
  // A search is not repeated at each event.
  assert.ok(!topics.includes(queryKeys.foundRuns(null, {})[0]))
})
