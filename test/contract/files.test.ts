/** Modules beside the source of a version (`files`), through the API. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch, must, type RunBody } from '../helpers/workflows.ts'

const server = await shareServer()
after(() => server.close())

const SOURCE =
  'import parse\nfrom lib.words import GREETING\ndef workflow(r, s):\n    return {"status_code": 200, "body": GREETING + parse.clean(r["name"])}\n'
const FILES = {
  'parse.py': 'def clean(text):\n    return text.strip()\n',
  'lib/words.py': 'GREETING = "Hello, "\n',
}
const OTHER = { ...FILES, 'lib/words.py': 'GREETING = "Bonjour, "\n' }

test('a version keeps its modules: deployed, read, rolled back and tried', async () => {
  const workflow = await createCatch(server, { source: 'def workflow(r, s): pass' })
  const path = `/api/workflows/${workflow.id}`
  const made = await must(server.api('POST', `${path}/versions`, { source: SOURCE, files: FILES }), 201)
  assert.deepEqual(made.files, FILES)
  assert.equal((await callHook(workflow, { name: ' Ada ' })).text, 'Hello, Ada')
  await must(server.api('POST', `${path}/versions`, { source: SOURCE, files: OTHER }), 201)
  assert.equal((await callHook(workflow, { name: ' Ada ' })).text, 'Bonjour, Ada')
  assert.deepEqual((await must(server.api('GET', `${path}/versions/2`), 200)).files, FILES)
  const { data } = await must(server.api<{ data: readonly object[] }>('GET', `${path}/versions`), 200)
  assert.ok(data.length === 3 && data.every((version) => !('files' in version)), 'lists leave modules out')
  assert.deepEqual((await must(server.api('POST', `${path}/versions/2/deploy`, {}), 200)).files, FILES)
  assert.equal((await callHook(workflow, { name: ' Ada ' })).text, 'Hello, Ada')

  const request = { body: { name: 'Eve' } }
  const run = await must(server.api<RunBody>('POST', `${path}/runs`, { source: SOURCE, files: OTHER, request }), 200)
  assert.deepEqual([run.status, (run.response as { body: string }).body], ['succeeded', 'Bonjour, Eve'])
  assert.deepEqual((await must(server.api('GET', `/api/runs/${run.id}`), 200)).files, OTHER)
  const replayed = await must(server.api<RunBody>('POST', `/api/runs/${run.id}/replay`, {}), 200)
  assert.equal(replayed.status, 'succeeded')
})

test('Z3-40 code in a module that does not load is 422 with the file and the line of that module', async () => {
  const workflow = await createCatch(server, { source: 'def workflow(r, s): pass' })
  const path = `/api/workflows/${workflow.id}/versions`
  type Refusal = { code: string; detail: string; line: number | null; file?: string }
  const post = async (source: string, files: Readonly<Record<string, string>>) => {
    const { status, body } = await server.api<Refusal>('POST', path, { source, files })
    return [status, body.code, body.file, body.line, body.detail] as const
  }
  const source = 'import os\n\nimport lib.parse\ndef workflow(r, s): pass\n'
  for (const [text, line, detail] of [
    ['X = 1\nraise ValueError("x")\n', 2, 'ValueError: x (lib/parse.py, line 2)'],
    ['def fail():\n    return {}["a"]\nfail()\n', 2, "KeyError: 'a' (lib/parse.py, line 2)"],
    ['import json\njson.loads("")\n', 2, /^JSONDecodeError: .* \(lib\/parse\.py, line 2\)$/],
    ['a = 1\nb = = 2\n', 2, /^SyntaxError: .* \(lib\/parse\.py, line 2\)$/],
    ['\nimport nothing_like_this\n', 2, /^ModuleNotFoundError: .* \(lib\/parse\.py, line 2\)\. /],
  ] as const) {
    const [status, code, file, found, said] = await post(source, { 'lib/parse.py': text })
    assert.deepEqual([status, code, file, found], [422, 'load_error', 'lib/parse.py', line])
    if (typeof detail === 'string') assert.equal(said, detail)
    else assert.match(said, detail)
  }
  assert.deepEqual((await post('import lib.parse\nraise ValueError("x")', { 'lib/parse.py': '' })).slice(2, 4), [
    undefined,
    2,
  ])
})

test('modules that do not load, or that are none, are refused and nothing is stored', async () => {
  const workflow = await createCatch(server, { source: 'def workflow(r, s): pass' })
  const path = `/api/workflows/${workflow.id}/versions`
  const post = async (files: unknown) => {
    const { status, body } = await server.api('POST', path, { source: SOURCE, files })
    return [status, body.code, body.detail]
  }
  const [status, code, detail] = await post({ ...FILES, 'parse.py': 'def clean(\n' })
  assert.deepEqual([status, code], [422, 'load_error'])
  assert.match(String(detail), /\(parse\.py, line 1\)/)
  assert.match(String(await post({ '../a.py': '' })), /^400,bad_request,files: expected a relative path/)
  assert.match(String(await post({ 'json.py': '' })), /^400,bad_request,.*standard library/)
  assert.match(String(await post({ 'a.py': 1 })), /^400,bad_request/)
  assert.match(String(await post({ 'a.py': 'x'.repeat(1024 * 1024 + 1) })), /^413,payload_too_large,files: /)
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`m${n}.py`, '']))
  assert.match(String(await post(many)), /^400,bad_request,files: expected at most 50 modules, found 51/)
  const alone = await server.api('POST', `/api/workflows/${workflow.id}/runs`, { files: FILES })
  assert.deepEqual([alone.status, alone.body.code], [400, 'bad_request'])
  const { data } = await must(server.api<{ data: readonly object[] }>('GET', path), 200)
  assert.equal(data.length, 1)
})
