/** Functions in TypeScript and JavaScript, from outside (docs/contract.md, JavaScript and TypeScript). */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { tryOut } from '../helpers/trials.ts'
import { callHook, createCatch, must, runOf } from '../helpers/workflows.ts'

let server: TestServer
let target: HttpTarget

before(async () => {
  target = await startHttpTarget()
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
})
after(async () => {
  await server?.close()
  target.close()
})

const SOURCE = `type Settings = { count?: number }
export default async function workflow(request: { name: string }, settings: Settings) {
  settings.count = (settings.count ?? 0) + 1
  console.log('called by', request.name)
  return { status_code: 201, body: JSON.stringify({ hello: request.name, count: settings.count }) }
}
`

test('a hook answers what a function in TypeScript returns, and its settings and logs are kept', async () => {
  const workflow = await createCatch(server, { source: SOURCE, runtime: 'node24' })
  for (const count of [1, 2]) {
    const answer = await callHook(workflow, { name: 'Ada' })
    assert.deepEqual([answer.status, answer.text], [201, `{"hello":"Ada","count":${count}}`])
    const id = answer.headers.get('workflow-run')
    const logs = await must(server.api<{ data: { text: string }[] }>('GET', `/api/runs/${id}/logs`), 200)
    assert.deepEqual(
      logs.data.map(({ text }) => text),
      ['called by Ada'],
    )
  }
})

test('GET /api/runtimes names the language of each', async () => {
  type Runtimes = { data: readonly { name: string; language: string; version: string }[] }
  const { data } = await must(server.api<Runtimes>('GET', '/api/runtimes'), 200)
  assert.equal(data.find(({ name }) => name === 'node24')?.language, 'javascript')
  assert.equal(data.find(({ name }) => name === 'python3')?.language, 'python')
})

test('Z3-40 a module that does not load is 422 with its file and line', async () => {
  const workflow = await createCatch(server, { source: SOURCE, runtime: 'node24' })
  type Refusal = { code: string; detail: string; line: number | null; file?: string }
  const source = "import os from 'node:os'\nimport { a } from './lib/parse.ts'\nexport default () => a\n"
  for (const [text, line, detail] of [
    ["export const a = 1\nthrow new Error('x')\n", 2, /^x \(lib\/parse\.ts, line 2\)/],
    ['export const a = fail()\nfunction fail() {\n  return null.x\n}\n', 3, /^TypeError: .*\(lib\/parse\.ts, line 3\)/],
    ['export const a = 1\nconst const\n', 2, /^SyntaxError: .*\(lib\/parse\.ts, line 2\)/],
    ["\nimport { b } from './other.ts'\nexport const a = b\n", 2, /\(lib\/parse\.ts, line 2\)/],
    ["\nimport { z } from './absent.ts'\nexport const a = z\n", 2, /\(lib\/parse\.ts, line 2\)/],
  ] as const) {
    const files = { 'lib/parse.ts': text, 'lib/other.ts': 'export const c = 1' }
    const path = `/api/workflows/${workflow.id}/versions`
    const { status, body } = await server.api<Refusal>('POST', path, { source, files })
    assert.deepEqual([status, body.code, body.file, body.line], [422, 'load_error', 'lib/parse.ts', line], body.detail)
    assert.match(body.detail, detail)
  }
})

test('code that does not load is 422 with its line, and a bare import names the specifier to write', async () => {
  const workflow = await createCatch(server, { source: SOURCE, runtime: 'node24' })
  const deploy = (source: string, rest = {}) =>
    server.api<{ code: string; detail: string; line: number }>('POST', `/api/workflows/${workflow.id}/versions`, {
      source,
      ...rest,
    })
  const syntax = await deploy('const a = 1\nconst const')
  assert.deepEqual([syntax.status, syntax.body.code, syntax.body.line], [422, 'load_error', 2])
  const bare = await deploy("import { z } from 'zod'\nexport default () => z")
  assert.deepEqual([bare.status, bare.body.code, bare.body.line], [422, 'invalid_packages', 1])
  assert.match(bare.body.detail, /npm:zod@/)
  assert.equal((await deploy('const a = 1\nconst const', { deploy: false })).status, 201)
  const files = await deploy(SOURCE, { files: { 'lib/a.py': '' } })
  assert.deepEqual([files.status, files.body.code], [400, 'bad_request'])
  assert.equal((await callHook(workflow, { name: 'Ada' })).status, 201)
})

test('N06 a runtime of another language is refused where there are versions, and says what to do; without any it is taken', async () => {
  type Patched = { code: string; detail: string; runtime: string }
  const python = await createCatch(server, { source: 'def workflow(r, s): return {"status_code": 200, "body": "py"}' })
  const patch = (id: string, runtime: string) => server.api<Patched>('PATCH', `/api/workflows/${id}`, { runtime })
  const { status, body } = await patch(python.id, 'node24')
  assert.deepEqual([status, body.code], [409, 'conflict'])
  assert.match(body.detail, /are in Python\. Create a workflow with the runtime node24/)
  assert.equal((await callHook(python, {})).text, 'py')
  const script = await createCatch(server, { source: SOURCE, runtime: 'node24' })
  assert.match((await patch(script.id, 'python3')).body.detail, /are in JavaScript or TypeScript/)
  assert.equal((await patch(script.id, 'node24')).status, 200)
  const empty = await must(server.api<{ id: string }>('POST', '/api/workflows', { name: 'empty', kind: 'catch' }), 201)
  assert.equal((await patch(empty.id, 'node24')).body.runtime, 'node24')
})

/** Sends in one of four ways, with one of two libraries. */
const SENDS = `
import http from 'node:http'
import net from 'node:net'
import { execFileSync } from 'node:child_process'

const sendHttp = (url, method, body) => new Promise((resolve, reject) => {
  const request = http.request(url, { method }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk) => { text += chunk }).on('end', () => resolve(text))
  })
  request.on('error', reject).end(body)
})
const sendFetch = async (url, method, body) => await (await fetch(url, { method, body })).text()

export default async function workflow({ to: url, how, with: library, text = 'hello' }, { token }) {
  const send = library === 'fetch' ? sendFetch : sendHttp
  if (how === 'get') return { status_code: 200, body: await send(url + '/read?key=' + token, 'GET') }
  if (how === 'post') return { status_code: 200, body: await send(url + '/send', 'POST', text) }
  if (how === 'child') {
    const code = 'fetch(process.argv[1], { method: "POST", body: "x" }).catch(() => process.exit(1))'
    execFileSync(process.execPath, ['-e', code, url + '/child'])
    return { status_code: 200, body: 'sent' }
  }
  const socket = net.connect(Number(url.split(':')[2]), '127.0.0.1')
  await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject))
  socket.destroy()
  return { status_code: 200, body: 'connected' }
}
`

test('trials hold back calls of fetch, node:http, sockets and child processes, and answer recorded ones', async () => {
  const script = { source: SENDS, runtime: 'node24' }
  const workflow = await createCatch(server, { ...script, settings: { token: 'plain' }, record_outbound: true })
  const to = `http://127.0.0.1:${target.port}`
  const kinds = ['fetch get', 'fetch post', 'http get', 'http post', 'fetch socket', 'fetch child']
  const runs: string[] = []
  for (const kind of kinds) {
    const [library, how] = kind.split(' ')
    runs.push((await runOf(server, await callHook(workflow, { to, how, with: library }))).id)
  }
  const tried = async (more: object, ids = runs) => {
    const before = target.asked.length
    const { cases } = await tryOut(server, workflow.id, { runs: ids, ...more })
    const found = ids.map((id) => cases.find(({ run_id }) => run_id === id))
    return { found, asked: target.asked.slice(before).map(({ url }) => url) }
  }
  const verdicts = ({ found }: Awaited<ReturnType<typeof tried>>) => found.map((one) => one?.verdict)
  const place = { host: '127.0.0.1', port: target.port }
  const hidden = { method: null, ...place, path: null }

  const same = await tried({ version: 1, outbound: 'recorded' })
  assert.deepEqual(verdicts(same), ['same', 'same', 'same', 'same', 'broken', 'broken'], JSON.stringify(same.found))
  assert.deepEqual(
    same.found.slice(4).flatMap((one) => one?.would_send),
    [hidden, hidden],
  )
  const blocked = await tried({ version: 1, outbound: 'blocked' }, runs.slice(0, 4))
  assert.deepEqual(verdicts(blocked), ['broken', 'broken', 'broken', 'broken'])
  assert.deepEqual([...same.asked, ...blocked.asked], [])

  const elsewhere = SENDS.replace("'/send'", "'/elsewhere'").replace("'/read?", "'/other?")
  const reading = await tried({ source: elsewhere })
  assert.deepEqual(verdicts(reading), ['changed', 'broken', 'changed', 'broken', 'broken', 'broken'])
  assert.deepEqual(reading.asked, ['/other?key=plain', '/other?key=plain'])
  const sent = { method: 'POST', ...place, path: '/elsewhere' }
  assert.deepEqual(
    reading.found.flatMap((one) => one?.would_send),
    [sent, sent, hidden, hidden],
  )

  const changes = SENDS.replace("'POST', text", "'POST', 'changed ' + text")
  const changed = await tried({ source: changes }, [runs[1] ?? '', runs[3] ?? ''])
  for (const one of changed.found)
    assert.deepEqual(one?.differences, [{ path: '/calls/0/body', old: 'hello', new: 'changed hello' }])
})

const LEAVES = `import { spawn } from 'node:child_process'
import { once } from 'node:events'
const code = 'const go = async () => { for (;;) { await (await fetch(process.argv[1])).text(); process.stdout.write("sent") } }; go()'

export default async function workflow({ to }) {
  const child = spawn(process.execPath, ['-e', code, to], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  return { status_code: 200, body: 'left' }
}
`

test('nothing that a run has started goes on after its answer', async () => {
  const workflow = await createCatch(server, { source: LEAVES, runtime: 'node24' })
  const isBeat = ({ url }: { url: string }) => url === '/beat'
  for (let run = 0; run < 2; run += 1) {
    const answer = await callHook(workflow, { to: `http://127.0.0.1:${target.port}/beat` })
    assert.deepEqual([answer.status, answer.text], [200, 'left'])
    const before = target.asked.filter(isBeat).length
    await sleep(100)
    // One may have been on its way.
    assert.ok(target.asked.filter(isBeat).length <= before + 1, 'the child of a run went on')
  }
})

test('a run in JavaScript has the most memory that it used', async () => {
  const source = 'export default ({ mib }) => String(Buffer.alloc(mib << 20, 1).length)'
  const workflow = await createCatch(server, { source, runtime: 'node24' })
  const run = await runOf(server, await callHook(workflow, { mib: 100 }))
  const peak = Number(run.peak_memory_bytes) / 2 ** 20
  assert.ok(peak > 100 && peak < 300, String(peak))
})
