/** The editor's language server over its WebSocket: a real server, a real ty, in its sandbox. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type LanguageClient, openLanguage, openSocket } from '../../../helpers/language.ts'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../../../helpers/workflows.ts'

const SOURCE = `import requests
from lib.parse import full_name

def workflow(_request, settings):
    greeting = full_name(1)
    print(_request.method)
    settings.get("A")
    requests.Session().
    return {"status_code": 200}
`
const FILES = { 'lib/parse.py': 'def full_name(person: int) -> str:\n    """Both names."""\n    return ""\n' }
type Position = { line: number; character: number }
type Location = { uri: string; range: { start: Position } }
type Hover = { contents: { value: string }; range: { start: Position; end: Position } }

let server: TestServer
let workflow: WorkflowBody

before(async () => {
  server = await startServer()
  workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
})
after(() => server?.close())

const at = (root: string, line: number, character: number) => ({
  textDocument: { uri: `${root}/workflow.py` },
  position: { line, character },
})

test('E03 it completes, explains, finds definitions and renames, with the types of the request and the settings', async () => {
  const client = await openLanguage(server, workflow.id, { source: SOURCE, files: FILES })
  const { root } = client
  const completed = await client.request<{ items: { label: string }[] } | { label: string }[]>(
    'textDocument/completion',
    at(root, 7, 23),
  )
  const items = Array.isArray(completed) ? completed : completed.items
  assert.ok(
    items.some(({ label }) => label === 'headers'),
    JSON.stringify(items.slice(0, 5)),
  )
  const hover = (line: number, character: number) =>
    client.request<Hover>('textDocument/hover', at(root, line, character))
  assert.match((await hover(4, 17)).contents.value, /full_name\(person: int\) -> str[\s\S]*Both names\./)
  assert.match((await hover(5, 20)).contents.value, /The method of the call/)
  // On the line whose parameters are given their types, columns are those of the person's text.
  const settings = await hover(3, 25)
  assert.match(settings.contents.value, /Settings/)
  assert.deepEqual(settings.range, { start: { line: 3, character: 23 }, end: { line: 3, character: 31 } })
  const [own] = await client.request<Location[]>('textDocument/definition', at(root, 4, 17))
  assert.equal(own?.uri, `${root}/lib/parse.py`)
  const [library] = await client.request<Location[]>('textDocument/definition', at(root, 7, 15))
  assert.match(library?.uri ?? '', /\/requests\/sessions\.py$/)
  const read = await client.request<{ text: string | null }>('workflow/readFile', { uri: library?.uri })
  assert.match(read.text ?? '', /class Session/)
  const renamed = await client.request<{ changes: Record<string, { range: { start: Position } }[]> }>(
    'textDocument/rename',
    { ...at(root, 3, 26), newName: 'properties' },
  )
  assert.deepEqual(
    renamed.changes[`${root}/workflow.py`]?.map(({ range }) => range.start),
    [
      { line: 3, character: 23 },
      { line: 6, character: 4 },
    ],
  )
  const signature = await client.request<{ signatures: { label: string }[] }>(
    'textDocument/signatureHelp',
    at(root, 4, 25),
  )
  assert.match(signature.signatures[0]?.label ?? '', /person: int/)
  await client.close()
})

test('it completes imports of the packages of functions, and of none that only this computer has', async () => {
  const source = 'import \n\ndef workflow(_request, settings):\n    pass\n'
  const client = await openLanguage(server, workflow.id, { source })
  type Items = readonly { readonly label: string }[]
  const completed = await client.request<{ items: Items } | Items>(
    'textDocument/completion',
    at(client.root, 0, 'import '.length),
  )
  const labels = ('items' in completed ? completed.items : completed).map(({ label }) => label)
  assert.ok(labels.includes('requests') && labels.includes('json'), labels.slice(0, 20).join(' '))
  // Each Python that builds packages has pip, and functions do not.
  assert.deepEqual(
    labels.filter((label) => label === 'pip' || label === 'setuptools'),
    [],
  )
  await client.close()
})

test('E03 it finds mistakes in what is typed, in the lines of the person alone', async () => {
  const client = await openLanguage(server, workflow.id, { source: 'def workflow(_request, settings):\n    pass\n' })
  const text = 'def workflow(_request, settings):\n    len(1)\n    return undefined_name'
  const uri = `${client.root}/workflow.py`
  client.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges: [{ text }] })
  type Found = { version?: number; diagnostics: { severity: number; range: { start: Position } }[] }
  const found = () =>
    client.notes
      .filter(({ method }) => method === 'textDocument/publishDiagnostics')
      .map(({ params }): Found => Object(params))
  await until(async () => found().some(({ diagnostics }) => diagnostics.some(({ range }) => range.start.line === 1)))
  // Hints, such as that a parameter is not used, are no mistakes.
  const mistakes = found()
    .at(-1)
    ?.diagnostics.filter(({ severity }) => severity < 4)
  const lines = mistakes?.map(({ range }) => range.start.line)
  assert.deepEqual(lines, [1])
  await client.close()
})

test('E04 it takes who may read, from pages of the app alone', async () => {
  const tries: Record<string, string>[] = [
    {},
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${server.apiKey}`, origin: 'https://evil.example' },
  ]
  for (const headers of tries) await assert.rejects(openSocket(server, workflow.id, { headers }))
  const authorization = `Bearer ${server.apiKey}`
  await assert.rejects(openSocket(server, 'wf_absent', { headers: { authorization } }))
  const known = await openSocket(server, workflow.id, { headers: { authorization, origin: server.url } })
  known.close()
  const viewer = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'viewer', scopes: ['read'] }), 201)
  const read = await openSocket(server, workflow.id, { headers: { authorization: `Bearer ${viewer.key}` } })
  read.close()
  const state = `/api/workflows/${workflow.id}/language`
  assert.deepEqual((await server.api('GET', state)).body, { available: true, detail: null })
  const script = await createCatch(server, { source: 'export default () => 1', runtime: 'node24' })
  const other = (await server.api('GET', `/api/workflows/${script.id}/language`)).body
  assert.deepEqual(other, { available: true, detail: null })
})

test('E04 other requests that ask for an upgrade are answered as if they had not', async () => {
  const asked = { headers: { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c' } }
  for (const url of [workflow.hook_url, `${server.url}/api/workflows/${workflow.id}/language`]) {
    const method = url === workflow.hook_url ? 'POST' : 'GET'
    const sent = request(url, { ...asked, method }).end()
    const [answer]: { statusCode: number; resume(): void }[] = await once(sent, 'response')
    answer?.resume()
    assert.equal(answer?.statusCode, url === workflow.hook_url ? 200 : 401)
  }
})

test('E05 it reads no file of the server, and nothing that is no file', async () => {
  const client = await openLanguage(server, workflow.id, { source: SOURCE, files: FILES })
  const files = readdirSync(server.dataDir).map((name) => join(server.dataDir, name))
  const paths = [
    ...files,
    '/etc/shadow',
    '/etc/hostname',
    join(homedir(), '.bashrc'),
    '/proc/1/mem',
    '/dev/zero',
    '/opt',
    `${import.meta.filename}`,
  ]
  for (const path of paths) {
    const { text } = await client.request<{ text: string | null }>('workflow/readFile', { uri: `file://${path}` })
    assert.equal(text, null, path)
  }
  await client.close()
})

test('E06 a person has three at most, and each of them bounded messages', async () => {
  // Those of other tests may still be ending.
  const clients: LanguageClient[] = []
  await until(async () => {
    const opened = await openLanguage(server, workflow.id, { source: SOURCE }).catch(() => null)
    if (opened !== null) clients.push(opened)
    return clients.length === 3
  })
  await assert.rejects(openLanguage(server, workflow.id, { source: SOURCE }), /too many language servers/)
  const [first, second, third] = clients
  first?.send('not JSON')
  assert.equal((await first?.closed)?.code, 1008)
  second?.send(JSON.stringify({ jsonrpc: '2.0', method: 'x', params: 'y'.repeat(5 * 1024 * 1024) }))
  assert.notEqual((await second?.closed)?.code, 1000)
  await assert.rejects(third?.request('workspace/executeCommand', { command: 'x' }) ?? Promise.resolve(), /not offered/)
  third?.notify('workflow/files', { source: '', files: { '../../etc/x.py': '' } })
  assert.match((await third?.closed)?.reason ?? '', /relative path/)
  await until(async () => {
    const again = await openLanguage(server, workflow.id, { source: SOURCE }).catch(() => null)
    await again?.close()
    return again !== null
  })
})
