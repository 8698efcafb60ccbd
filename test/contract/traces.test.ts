/** Contract, section 12: the trace of a run, and the spans of its stages. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch, must, type RunBody, runOf, until } from '../helpers/workflows.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'
type Span = {
  id: string
  parent_id: string | null
  name: string
  kind: string
  duration_ms: number
  error: string | null
}
const OK = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "ok"}\n'
const FAILS = 'def workflow(_request, settings):\n    raise ValueError("no")\n'

onSharedServers((share) => {
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server.close())
  const spansOf = async (id: string) =>
    (await must(server.api<{ spans: Span[] }>('GET', `/api/runs/${id}/trace`), 200)).spans

  test("a caller's traceparent is continued, and the spans are the stages", async () => {
    const workflow = await createCatch(server, { source: OK })
    const traceparent = `00-${TRACE}-${CALLER}-01`
    const run = await runOf(server, await callHook(workflow, {}, { headers: { traceparent } }))
    assert.equal(run['trace_id'], TRACE)
    const [whole, ...stages] = await spansOf(run.id)
    assert.equal(whole?.parent_id, CALLER)
    assert.deepEqual(
      stages.map(({ name }) => name),
      ['accept', 'queue', 'commit', 'start', 'load', 'run'],
    )
    for (const { parent_id, kind, id } of stages) {
      assert.deepEqual([parent_id, kind], [whole?.id, 'stage'])
      assert.match(id, /^[0-9a-f]{16}$/)
    }
  })

  test('a call without a valid traceparent begins a trace', async () => {
    const workflow = await createCatch(server, { source: OK })
    for (const traceparent of ['00-zz-00-01', `00-${'0'.repeat(32)}-${CALLER}-01`, `ff-${TRACE}-${CALLER}-01`]) {
      const run = await runOf(server, await callHook(workflow, {}, { headers: { traceparent } }))
      assert.match(String(run['trace_id']), /^[0-9a-f]{32}$/)
      assert.notEqual(run['trace_id'], TRACE)
      assert.equal((await spansOf(run.id))[0]?.parent_id, null)
    }
  })

  test('a retry keeps the trace, and a failure names its code', async () => {
    const workflow = await createCatch(server, { source: FAILS, retries: { count: 1, backoff_seconds: 1 } })
    const headers = { prefer: 'respond-async', traceparent: `00-${TRACE}-${CALLER}-00` }
    await callHook(workflow, {}, { headers })
    const runs = await until(async () => {
      const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)
      return data.length === 2 && data.every(({ status }) => status === 'failed') && data
    })
    assert.deepEqual(
      runs.map((run) => run['trace_id']),
      [TRACE, TRACE],
    )
    const spans = await spansOf(runs[0]?.id ?? '')
    assert.deepEqual(
      spans.filter(({ error }) => error !== null).map(({ name, error }) => [name, error]),
      [
        ['workflow', 'exception'],
        ['run', 'exception'],
      ],
    )
  })

  test('an unknown run has no trace', async () => {
    assert.equal((await server.api('GET', '/api/runs/run_none/trace')).status, 404)
  })
})
