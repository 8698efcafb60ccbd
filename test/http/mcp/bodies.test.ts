/** What `/mcp` reads of whom: nothing without a key, and bounded bodies with one. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type Answer, readAnswer } from '../../helpers/server.ts'
import { type SharedServer, shareServer } from '../../helpers/shared-servers.ts'
import { createCatch, must } from '../../helpers/workflows.ts'

const MIB = 1024 * 1024
const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'
type Refusal = { readonly code?: string }

let server: SharedServer
let reader: string
before(async () => {
  server = await shareServer()
  const made = server.api<{ key: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'] })
  reader = (await must(made, 201)).key
})
after(() => server.close())

/** Sends a body with a key. */
async function post(body: string, key = reader): Promise<Answer<Refusal>> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  return await readAnswer(await fetch(new URL('/mcp', server.url), { method: 'POST', headers, body }))
}

/** Calls a tool with arguments that are JSON text. */
const callTool = (name: string, given: string, key?: string): Promise<Answer<Refusal>> =>
  post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${given}}}`, key)

test('Z3-02 without a key, /mcp answers before any byte of the body arrives', async () => {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ host: hostname, port: Number(port) })
  const head = ['POST /mcp HTTP/1.1', 'Host: t', 'Content-Type: application/json', `Content-Length: ${4 * MIB}`]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  const answer = await new Promise<string>((done, fail) => {
    socket.once('data', (chunk) => done(chunk.toString())).once('error', fail)
    socket.setTimeout(180_000, () => fail(new Error('no answer came before the body')))
  })
  socket.destroy()
  assert.match(answer, /^HTTP\/1\.1 401 /)
})

test('Z3-02 brackets and members without number are refused before the library sees them', async () => {
  const depth = 300_000
  const deep = await callTool('list_workflows', `{"q":${'['.repeat(depth / 3)}${']'.repeat(depth / 3)}}`)
  assert.deepEqual([deep.status, deep.body.code], [400, 'invalid_body'])
  const deepest = await post(`${'['.repeat(1.5 * MIB)}${']'.repeat(1.5 * MIB)}`)
  assert.deepEqual([deepest.status, deepest.body.code], [413, 'payload_too_large'])
  const members = Array.from({ length: 21_000 }, (_, index) => `"a${index}":0`).join()
  const many = await callTool('list_workflows', `{${members}}`)
  assert.deepEqual([many.status, many.body.code], [400, 'invalid_body'])
})

test('Z3-02 an error about thousands of unknown arguments has at most 2,000 characters', async () => {
  const members = Array.from({ length: 10_000 }, (_, index) => `"argument${index}":0`).join()
  const { text } = await callTool('list_workflows', `{${members}}`)
  assert.match(text, /unknown field \\"argument0\\".*"isError":true/)
  assert.ok(text.length <= 2000, text)
  const long = await callTool('x'.repeat(100_000), '{}')
  assert.deepEqual([long.status, long.body.code], [400, 'bad_request'])
  assert.ok(long.text.length < 1000, long.text)
})

test('Z3-02 only a tool that takes a source takes more than 256 KiB', async () => {
  const other = await callTool('list_workflows', `{"q":"${'a'.repeat(300 * 1024)}"}`)
  assert.deepEqual([other.status, other.body.code], [413, 'payload_too_large'])
  const workflow = await createCatch(server, { source: SOURCE })
  const source = `${SOURCE}#${'a'.repeat(MIB - 100)}`
  const given = JSON.stringify({ workflow_id: workflow.id, source })
  const saved = await callTool('save_version', given, server.apiKey)
  assert.doesNotMatch(saved.text, /isError/)
  const beyond = await callTool(
    'save_version',
    JSON.stringify({ workflow_id: workflow.id, source: 'a'.repeat(2 * MIB) }),
  )
  assert.equal(beyond.status, 413)
})
