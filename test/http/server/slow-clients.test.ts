/** Clients that send slowly, or nothing: how long they may hold a connection, and how much memory. */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { limitConnections, trackRequest } from '../../../src/http/server/connections.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, until, type WorkflowBody } from '../../helpers/workflows.ts'
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

test('slow requests are ended, slow functions are not', { concurrency: true }, async (t) => {
  const path = new URL(workflow.hook_url).pathname
  await Promise.all([
    t.test('H15 headers that do not end', async () => {
      const answer = await sendRaw(server.url, [`POST ${path} HTTP/1.1\r\nHost: t\r\nX-A: `], { untilClosed: true })
      assert.deepEqual([answer.status, answer.closed], [408, true])
      assert.equal(JSON.parse(answer.body).code, 'request_timeout')
    }),
    t.test('H16 a body that stops coming', async () => {
      const head = `POST ${path} HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a`
      const answer = await sendRaw(server.url, [head], { untilClosed: true })
      assert.deepEqual([answer.status, answer.closed], [408, true])
      const runs = await server.api<{ data: unknown[] }>('GET', `/api/workflows/${workflow.id}/runs?status=failed`)
      assert.deepEqual(runs.body.data, [])
    }),
    t.test('a function that takes longer than a request may', async () => {
      assert.equal((await callHook(workflow, { sleep: 37 })).status, 200)
    }),
  ])
})

test('Y11 bodies that one hook holds leave room for the other hooks', async () => {
  const other = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const { hostname, port } = new URL(server.url)
  const body = Buffer.alloc(32 * 1024 * 1024 - 1, ' ')
  const head = [
    `POST ${new URL(workflow.hook_url).pathname} HTTP/1.1`,
    'Host: t',
    'Content-Type: application/json',
    `Content-Length: ${body.length + 1}`,
  ]
  const sockets: Socket[] = []
  const hold = async () => {
    const socket = connect(Number(port), hostname).on('error', () => {})
    sockets.push(socket)
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    await new Promise<void>((sent) => socket.write(body, () => sent()))
    socket.resume()
  }
  try {
    await Promise.all(Array.from({ length: 3 }, hold))
    // One after another from here on: of two that come over the limit at once, both are refused, and leave room.
    await until(async () => {
      await hold()
      return (await callHook(workflow, { text: 'x'.repeat(100_000) })).status === 503
    })
    assert.equal((await callHook(other, { text: 'x'.repeat(1000) })).status, 200)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  await until(async () => (await callHook(workflow, {})).status === 200)
})

test('Y11 a body that comes at less than 64 kB/s is ended, and a faster one is not', async () => {
  const slow = createServer((request, response) => {
    trackRequest(request, response)
    request.resume().on('end', () => response.end('ok'))
  })
  limitConnections(slow, { connections: 10, unsentBytes: 1e9, stallMs: 60_000, minAnswerRate: 1, bodyGraceMs: 0 })
  await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done))
  const address = slow.address()
  assert.ok(typeof address === 'object' && address !== null)
  const send = (bytes: number) => {
    const socket = connect(address.port, '127.0.0.1').resume()
    socket.write('POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000000\r\n\r\n')
    const timer = setInterval(() => socket.write(Buffer.alloc(bytes)), 100)
    const closed = new Promise<void>((done) => {
      socket.on('close', () => done()).on('error', () => {})
    })
    return { socket, timer, closed }
  }
  // A pause of the process slows the fast one, too.
  const [trickle, steady] = [send(1000), send(1_000_000)]
  try {
    await trickle.closed
    assert.equal(steady.socket.destroyed, false)
  } finally {
    for (const { socket, timer } of [trickle, steady]) {
      clearInterval(timer)
      socket.destroy()
    }
    slow.close()
  }
})
