/** ops/nginx.conf under the real nginx: one server that answers behind it, and one that is down. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { findCommand } from '../../scripts/set-up/system-packages.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { freePort, startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const CONFIGURATION = resolve(import.meta.dirname, '../../ops/nginx.conf')
const sourceFor = (port: number) => `import urllib.request
def workflow(_request, settings):
    print("before the wait", flush=True)
    if _request.get("held"):
        urllib.request.urlopen("http://127.0.0.1:${port}/held").read()
    return {"status_code": 200, "body": "done"}
`

let folder: string
let url: string
let server: TestServer
let target: HttpTarget
let nginx: ChildProcess
let nginxEnded: Promise<unknown>
let workflow: WorkflowBody

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflows-test-nginx-'))
  const [port, closed] = [await freePort(), await freePort()]
  url = `http://127.0.0.1:${port}`
  target = await startHttpTarget()
  server = await startServer({
    env: {
      WORKFLOWS_PUBLIC_URL: url,
      WORKFLOWS_TRUSTED_PROXIES: '127.0.0.1',
      WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}`,
    },
  })
  const file = join(folder, 'nginx.conf')
  const text = (await readFile(CONFIGURATION, 'utf8'))
    .replace('first:4400', new URL(server.url).host)
    .replace('second:4400', `127.0.0.1:${closed}`)
    .replace('listen 80', `listen 127.0.0.1:${port}`)
  await writeFile(file, text)
  const own = `daemon off; pid ${folder}/pid; error_log ${folder}/errors;`
  nginx = spawn(findCommand('nginx') ?? '/usr/sbin/nginx', ['-p', folder, '-c', file, '-g', own], { stdio: 'ignore' })
  nginxEnded = once(nginx, 'exit')
  await until(
    async () =>
      await fetch(url).then(
        () => true,
        () => false,
      ),
  )
  workflow = await createCatch(server, { source: sourceFor(target.port), timeout_seconds: 600 })
})
after(async () => {
  nginx?.kill('SIGTERM')
  await nginxEnded
  await server?.close()
  target?.close()
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
  const call = callHook(workflow, { held: true })
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
  target.release()
  assert.equal((await call).status, 200)
})

test('metrics are not shown to the outside, and a request of 32 MiB passes', async () => {
  assert.equal((await fetch(`${url}/metrics`)).status, 404)
  const body = JSON.stringify({ text: 'x'.repeat(31 * 1024 * 1024) })
  const answer = await callHook(workflow, null, { body, headers: { 'content-type': 'application/json' } })
  assert.equal(answer.status, 200)
})
