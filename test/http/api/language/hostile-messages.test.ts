/** Hostile messages to the editor's language server: a real server, a real ty and TypeScript, in their sandboxes. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readMessage } from '../../../../src/http/api/language/messages.ts'
import { openLanguage, openSocket } from '../../../helpers/language.ts'
import { startServer } from '../../../helpers/server.ts'
import { createCatch, must, until } from '../../../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    pass\n'
const MIB = 1024 * 1024
const server = await startServer()
after(() => server.close())
const workflow = await createCatch(server, { source: SOURCE })
const script = await createCatch(server, { source: 'export default () => 1', runtime: 'node24' })
const viewer = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'viewer', scopes: ['read'] }), 201)

const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
const BLANKS = ' '.repeat(1_000_000)
const message = (method: string, params: string, id = '') =>
  `{"jsonrpc":"2.0",${id === '' ? '' : `"id":${id},`}"method":"${method}","params":${params}}`
const open = (uri: string, text: string, more = '') =>
  message('textDocument/didOpen', `{"textDocument":{"uri":${uri},"languageId":"x","version":1,"text":${text}${more}}}`)

/** Opens a socket. `first`: its first message, or how it ended. */
async function openAs(key: string, id: string): Promise<{ socket: WebSocket; first: Promise<string> }> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const headers = { authorization: `Bearer ${key}` }
  const socket = await openSocket(server, id, { headers, onMessage: resolve })
  socket.addEventListener('close', ({ code }) => resolve(`closed with ${code}`))
  return { socket, first: promise }
}

/** Sends the code, then the messages, as a viewer. Resolves with the end of the socket, and null if it stays open. */
async function attack(id: string, code: unknown, messages: (root: string) => readonly string[]) {
  // Language servers of the tests before may still be ending.
  const { socket, text } = await until(async () => {
    const opened = await openAs(viewer.key, id)
    const text = await opened.first
    return text.startsWith('closed') ? null : { ...opened, text }
  })
  const { root } = JSON.parse(text).params
  socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'workflow/files', params: code }))
  for (const text of messages(root)) socket.send(text)
  // The server answers in order, so this answer comes after it has read all messages.
  socket.send(message('not/offered', '{}', '"last"'))
  return await new Promise<{ code: number; reason: string } | null>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
    socket.addEventListener('message', ({ data: text }) => {
      if (!String(text).includes('"last"')) return
      resolve(null)
      socket.close()
    })
  })
}

const PYTHON = { source: SOURCE, files: {} }
const ATTACKS: Readonly<Record<string, (root: string) => readonly string[]>> = {
  'a deep id': () => [`{"jsonrpc":"2.0","id":${DEEP},"method":"workspace/executeCommand"}`],
  'a deep member of a request': (root) => [
    open(`"${root}/workflow.py"`, JSON.stringify(SOURCE)),
    message(
      'textDocument/hover',
      `{"textDocument":{"uri":"${root}/workflow.py"},"position":{"line":0,"character":3},"x":${DEEP}}`,
      '7',
    ),
  ],
  'a deep member of a document': () => [open('"file:///x"', '"x"', `,"x":${DEEP}`)],
  'a million values': () => [message('initialized', `[${'1,'.repeat(100_000)}1]`)],
  'an id that is an object': () => ['{"jsonrpc":"2.0","id":{},"method":"workspace/executeCommand"}'],
  'a request of 300 KB': () => [message('textDocument/hover', JSON.stringify('x'.repeat(300_000)))],
  'a document of over 1 MiB': () => [open('"file:///x"', JSON.stringify('x'.repeat(MIB + 1)))],
  'a long address': () => [open(JSON.stringify(`file:///${'x'.repeat(5000)}`), '"x"')],
}

for (const [name, messages] of Object.entries(ATTACKS)) {
  test(`Z3-01 ${name} closes the socket with a reason, and the server lives`, async () => {
    const end = await attack(workflow.id, PYTHON, messages)
    assert.equal(end?.code, 1008)
    assert.notEqual(end?.reason, '')
    assert.equal((await server.api('GET', '/healthz')).status, 200)
  })
}

test('Z3-01 a reason in another script is cut to the 123 bytes that a socket allows', async () => {
  const end = await attack(workflow.id, { source: SOURCE, files: { [`${'é'.repeat(90)}.py`]: '' } }, () => [])
  assert.equal(end?.code, 1008)
  assert.match(end?.reason ?? '', /éé/)
  assert.equal((await server.api('GET', '/healthz')).status, 200)
})

test('Z3-01 an address that is no text is no end of the process', async () => {
  const uri = '{"toString":1,"valueOf":1}'
  assert.equal(await attack(workflow.id, PYTHON, () => [open(uri, '"x"')]), null)
  assert.equal((await server.api('GET', '/healthz')).status, 200)
})

test('Z3-05 blanks and commas in documents are answered, in both languages', async () => {
  const texts = [
    `export default function${BLANKS}`,
    `const workflow=function${BLANKS}`,
    `export default (${','.repeat(900_000)}`,
  ]
  const code = { source: 'export default () => 1', files: {} }
  const opened = (texts: readonly string[]) => (root: string) =>
    texts.map((text) => open(`"${root}/workflow.ts"`, JSON.stringify(text)))
  assert.equal(await attack(script.id, code, opened(texts)), null)
  assert.equal(await attack(workflow.id, PYTHON, opened([`def workflow(${','.repeat(900_000)})`])), null)
})

test('Z3-96 many documents with names of packages at the same moment do not hold the event loop', async () => {
  const names = Array.from({ length: 2000 }, (_, index) => `import "npm:a${index}@1"`).join('\n')
  const code = { source: 'export default () => 1', files: {} }
  const texts = Array.from({ length: 60 }, (_, index) => `${names}\n// ${index}`)
  const opened = (root: string) => texts.map((text) => open(`"${root}/workflow.ts"`, JSON.stringify(text)))
  assert.equal(await attack(script.id, code, opened), null)
  assert.equal((await server.api('GET', '/healthz')).status, 200)
})

test('a message of the editor within its limits is read', () => {
  const large = { jsonrpc: '2.0', method: 'textDocument/didChange', params: { text: 'x'.repeat(MIB) } }
  assert.deepEqual(readMessage(Buffer.from(JSON.stringify(large))), large)
  const deep = { jsonrpc: '2.0', id: 'a', method: 'x', params: JSON.parse(`${'['.repeat(62)}${']'.repeat(62)}`) }
  assert.deepEqual(readMessage(Buffer.from(JSON.stringify(deep))), deep)
})

test('the language server answers as before', async () => {
  const client = await openLanguage(server, workflow.id, PYTHON)
  const hover = await client.request<{ contents: { value: string } }>('textDocument/hover', {
    textDocument: { uri: `${client.root}/workflow.py` },
    position: { line: 0, character: 24 },
  })
  assert.match(hover.contents.value, /Settings/)
  await client.close()
})

test('Z3-19 viewers get four language servers in all, and editors still get one', async () => {
  const keyOf = async (scopes: readonly string[]) =>
    (await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'a key', scopes }), 201)).key
  const open = async (key: string) => {
    const { socket, first } = await openAs(key, workflow.id)
    return { socket, first: (await first).startsWith('closed') ? 'full' : 'ready' }
  }
  const readers = [await keyOf(['read']), await keyOf(['read'])]
  const opened: WebSocket[] = []
  // Those of the tests before may still be ending.
  const openReady = (key: string) =>
    until(async () => {
      const { socket, first } = await open(key)
      return first === 'ready' && opened.push(socket)
    })
  for (const key of [viewer.key, viewer.key, ...readers]) await openReady(key)
  assert.equal((await open(readers[0] ?? '')).first, 'full')
  const editor = await open(await keyOf(['read', 'write']))
  assert.equal(editor.first, 'ready')
  for (const socket of [...opened, editor.socket]) socket.close()
})
