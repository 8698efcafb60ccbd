/** ops/nginx.conf under the real nginx: one server that answers behind it, and one that is down. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { findCommand } from '../../scripts/set-up/system-packages.ts'
import { freePort, startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const CONFIGURATION = resolve(import.meta.dirname, '../../ops/nginx.conf')
const SOURCE = `import time
def workflow(_request, settings):
    print("before the wait", flush=True)
    time.sleep(_request.get("wait", 0))
    return {"status_code": 200, "body": "done"}
`

let folder: string
let url: string
let server: TestServer
let nginx: ChildProcess
let workflow: WorkflowBody

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflows-test-nginx-'))
  const [port, closed] = [await freePort(), await freePort()]
  url = `http://127.0.0.1:${port}`
  server = await startServer({ env: { WORKFLOWS_PUBLIC_URL: url, WORKFLOWS_TRUSTED_PROXIES: '127.0.0.1' } })
  const file = join(folder, 'nginx.conf')
  const text = (await readFile(CONFIGURATION, 'utf8'))
    .replace('first:4400', new URL(server.url).host)
    .replace('second:4400', `127.0.0.1:${closed}`)
    .replace('listen 80', `listen 127.0.0.1:${port}`)
  await writeFile(file, text)
  const own = `daemon off; pid ${folder}/pid; error_log ${folder}/errors;`
  nginx = spawn(findCommand('nginx') ?? '/usr/sbin/nginx', ['-p', folder, '-c', file, '-g', own], { stdio: 'ignore' })
  await until(
    async () =>
      await fetch(url).then(
        () => true,
        () => false,
      ),
  )
  workflow = await createCatch(server, { source: SOURCE })
})
after(async () => {
  nginx?.kill('SIGTERM')
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

test('each call is answered while one of two servers is down', async () => {
  for (let n = 0; n < 12; n += 1) assert.equal((await callHook(workflow, { n })).status, 200)
})

test('the run knows who called, and a caller cannot forge it', async () => {
  const { headers } = await callHook(workflow, {}, { headers: { 'x-forwarded-for': '203.0.113.9' } })
  const run = await must(
    server.api<{ request: { client_address?: string } }>('GET', `/api/runs/${headers.get('workflow-run')}`),
    200,
  )
  assert.doesNotMatch(JSON.stringify(run), /203\.0\.113\.9/)
})

test('a live line of the log arrives while the run goes on', async () => {
  const call = callHook(workflow, { wait: 3 })
  const list = () => server.api<{ data: { id: string }[] }>('GET', `/api/workflows/${workflow.id}/runs?status=running`)
  const run = await until(async () => (await must(list(), 200)).data[0])
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${server.apiKey}` }
  const stream = await fetch(`${url}/api/runs/${run.id}/logs`, { headers })
  const reader = stream.body?.getReader()
  let text = ''
  while (!text.includes('before the wait')) text += new TextDecoder().decode((await reader?.read())?.value)
  const { status } = await must(server.api<{ status: string }>('GET', `/api/runs/${run.id}`), 200)
  assert.equal(status, 'running')
  await reader?.cancel()
  assert.equal((await call).status, 200)
})

test('metrics are not shown to the outside, and a request of 32 MiB passes', async () => {
  assert.equal((await fetch(`${url}/metrics`)).status, 404)
  const body = JSON.stringify({ text: 'x'.repeat(31 * 1024 * 1024) })
  const answer = await callHook(workflow, null, { body, headers: { 'content-type': 'application/json' } })
  assert.equal(answer.status, 200)
})
