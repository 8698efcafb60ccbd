/** Clients that send slowly, or nothing: they may hold a connection only so long. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../../helpers/workflows.ts'
import { sendRaw } from '../raw.ts'

let server: TestServer
let workflow: WorkflowBody
before(async () => {
  server = await startServer()
  workflow = await createCatch(server, {
    source: 'import time\ndef workflow(r, s):\n    time.sleep(r.get("sleep", 0))\n',
    timeout_seconds: 60,
  })
})
after(() => server.close())

const LONG = { waitMs: 60_000 }

test('slow requests are ended, slow functions are not', { concurrency: true }, async (t) => {
  const path = new URL(workflow.hook_url).pathname
  await Promise.all([
    t.test('H15 headers that do not end', async () => {
      const answer = await sendRaw(server.url, [`POST ${path} HTTP/1.1\r\nHost: t\r\nX-A: `], LONG)
      assert.deepEqual([answer.status, answer.closed], [408, true])
    }),
    t.test('H16 a body that stops coming', async () => {
      const head = `POST ${path} HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a`
      const answer = await sendRaw(server.url, [head], LONG)
      assert.deepEqual([answer.status, answer.closed], [408, true])
      const runs = await server.api<{ data: unknown[] }>('GET', `/api/workflows/${workflow.id}/runs?status=failed`)
      assert.deepEqual(runs.body.data, [])
    }),
    t.test('a function that takes longer than a request may', async () => {
      assert.equal((await callHook(workflow, { sleep: 37 })).status, 200)
    }),
  ])
})
