/** Functions in TypeScript and JavaScript, from outside (docs/contract.md, JavaScript and TypeScript). */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must } from '../helpers/workflows.ts'

let server: TestServer

before(async () => {
  server = await startServer()
})
after(() => server?.close())

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
