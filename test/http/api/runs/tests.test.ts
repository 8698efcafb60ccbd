/** Test runs have a trigger of their own, and never count as production failures. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { createCatch, must, type RunBody } from '../../../helpers/workflows.ts'

const BROKEN = 'def workflow(_request, settings):\n    raise ValueError("a test")\n'

let server: TestServer
let id: string
let tests: readonly string[]

before(async () => {
  server = await startServer()
  id = (await createCatch(server, { source: BROKEN, retries: { count: 2, backoff_seconds: 1 } })).id
  const start = async (body: object) =>
    (await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, body), 200)).id
  const unsaved = await start({ source: BROKEN })
  const kept = await start({ source: BROKEN, keep_settings: true })
  const scratch = await start({ keep_settings: false })
  tests = [scratch, kept, unsaved]
})
after(() => server?.close())

type Listed = { data: readonly { id: string; trigger: string }[] }
const list = async (query: string) => {
  const { data } = await must(server.api<Listed>('GET', `/api/runs?${query}`), 200)
  return data.map((run) => run.id)
}

test('manual runs with source, or with keep_settings false, have the trigger test', async () => {
  assert.deepEqual(await list('trigger=test'), tests)
  assert.deepEqual(await list('trigger=manual'), [])
  assert.deepEqual(await list(''), tests)
  assert.deepEqual(await list('tests=false'), [])
})

test('tests are left out of failures, home and statistics unless they are asked for', async () => {
  type Counts = { total: number; failed: number; calls: number; failed_calls: number }
  type Home = { runs: Counts; failing: { workflow: { id: string }; failed: number }[] }
  type Stats = { data: { total: number; failed: number; p50_ms: number | null }[] }
  const counts = (total: number, failed: number): Counts => ({ total, failed, calls: total, failed_calls: failed })
  const home = (query = '') => must(server.api<Home>('GET', `/api/home${query}`), 200)
  const sum = async (path: string) => {
    const { data } = await must(server.api<Stats>('GET', path), 200)
    return [data.reduce((all, { total }) => all + total, 0), data.reduce((all, { failed }) => all + failed, 0)]
  }
  assert.deepEqual(await list('failing=true'), [])
  assert.deepEqual(await list('failing=true&tests=true'), tests)
  assert.deepEqual(await list('failing=true&trigger=test'), tests)
  const { runs, failing } = await home()
  assert.deepEqual({ runs, failing }, { runs: counts(0, 0), failing: [] })
  const all = await home('?tests=true')
  assert.deepEqual([all.runs, all.failing[0]?.failed], [counts(3, 3), 3])
  assert.deepEqual(await sum('/api/stats'), [0, 0])
  assert.deepEqual(await sum(`/api/workflows/${id}/stats`), [0, 0])
  assert.deepEqual(await sum('/api/stats?tests=true'), [3, 3])

  const production = await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, {}), 200)
  assert.deepEqual(await list('failing=true'), [production.id])
  assert.deepEqual((await home()).runs, counts(1, 1))
  assert.deepEqual(await sum('/api/stats'), [1, 1])
})

test('a test in the background is neither retried nor a dead letter', async () => {
  const response = await fetch(`${server.url}/api/workflows/${id}/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ source: BROKEN }),
  })
  assert.equal(response.status, 202)
  const { id: run } = (await response.json()) as { id: string }
  for (;;) {
    const { status } = await must(server.api<RunBody>('GET', `/api/runs/${run}`), 200)
    if (status === 'failed') break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const attempts = await must(server.api<Listed>('GET', `/api/runs/${run}/attempts`), 200)
  assert.deepEqual(attempts.data.length, 1)
  assert.deepEqual((await must(server.api<Listed>('GET', '/api/dead-letters'), 200)).data, [])
})
