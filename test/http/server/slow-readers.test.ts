/** Clients that read their answers slowly or not at all: what they hold is bounded. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type ConnectionLimits, limitConnections, trackRequest } from '../../../src/http/server/connections.ts'
import { memoryOf } from '../../helpers/memory.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { createCatch, until } from '../../helpers/workflows.ts'

const MIB = 1024 * 1024
/** Much more than the kernel's buffers of a connection, which are 6 MiB each way at most. */
const ANSWER = Buffer.alloc(32 * MIB)
const BROAD: ConnectionLimits = {
  connections: 1000,
  unsentBytes: 1024 * MIB,
  stallMs: 30_000,
  minAnswerRate: 1,
  bodyGraceMs: 10_000,
}

type Client = { readonly socket: Socket; readonly state: { read: number; closed: boolean } }

async function listen(
  limits: Partial<ConnectionLimits>,
  listener: RequestListener = (_, answer) => answer.end(ANSWER),
) {
  const server = createServer((request, response) => {
    trackRequest(request, response)
    listener(request, response)
  })
  limitConnections(server, { ...BROAD, ...limits })
  const disconnected = new Promise<void>((done) =>
    server.once('connection', (socket) => socket.once('close', () => done())),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { port, stop, disconnected }
}

/** Sends a request. Reads nothing of the answer before `socket.resume()`. */
async function open(port: number, path = '/', headers = ''): Promise<Client> {
  const socket = connect(port, '127.0.0.1')
  const state = { read: 0, closed: false }
  socket.pause()
  socket.on('data', (chunk) => {
    state.read += chunk.length
  })
  socket.on('error', () => {}).on('close', () => (state.closed = true))
  await new Promise<void>((done) => socket.once('connect', () => done()))
  socket.write(`GET ${path} HTTP/1.1\r\nHost: t\r\n${headers}\r\n`)
  return { socket, state }
}

/** A paused socket does not see that the server has closed the connection, but a write fails. */
async function isClosed({ socket, state }: Client): Promise<boolean> {
  if (!state.closed) socket.write('\r\n')
  return state.closed
}

test('Y04 a client that reads nothing of its answer is disconnected', async () => {
  const { port, stop, disconnected } = await listen({ stallMs: 300 })
  const client = await open(port)
  try {
    await disconnected
  } finally {
    client.socket.destroy()
    stop()
  }
})

test('Y04 a client that sends a byte now and then instead of reading is disconnected', async () => {
  const { port, stop } = await listen({ stallMs: 300, minAnswerRate: 32 * MIB })
  const client = await open(port)
  try {
    await until(() => isClosed(client))
  } finally {
    client.socket.destroy()
    stop()
  }
})

test('Z3-50 a connection that is dropped because its client reads nothing leaves no bytes in the kernel', async () => {
  const { port, stop, disconnected } = await listen({ stallMs: 300 })
  const { socket } = await open(port)
  try {
    // In the turn that opened it, no timer can have dropped it.
    assert.equal(connectionsOf(port).length, 1)
    await disconnected
    assert.deepEqual(connectionsOf(port), [])
  } finally {
    socket.destroy()
    stop()
  }
})

/** The kernel's connections on a port, without the one that listens: the state, and the bytes that were not sent. */
function connectionsOf(port: number): readonly { readonly state: string; readonly unsent: number }[] {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return rows.flatMap(([, address, , state = '', queues = '']) =>
    address === local && state !== '0A' ? [{ state, unsent: Number.parseInt(queues, 16) }] : [],
  )
}

test('Y04 a client that reads slowly, and one whose answer comes late, keep their connections', async () => {
  // Longer than a busy machine pauses.
  const stallMs = 5000
  const { port, stop } = await listen({ stallMs }, ({ url }, answer) => {
    setTimeout(() => answer.end(ANSWER), url === '/late' ? 1.2 * stallMs : 0)
  })
  const [slow, late] = [await open(port), await open(port, '/late')]
  late.socket.resume()
  const pace = setInterval(() => {
    slow.socket.resume()
    setTimeout(() => slow.socket.pause(), 5)
  }, stallMs / 15)
  try {
    await until(async () => late.state.read > ANSWER.length)
    clearInterval(pace)
    slow.socket.resume()
    await until(async () => slow.state.read > ANSWER.length)
  } finally {
    clearInterval(pace)
    for (const { socket } of [slow, late]) socket.destroy()
    stop()
  }
})

test('Y04 when all answers hold too many bytes, the slowest readers are disconnected', async () => {
  const { port, stop } = await listen({ unsentBytes: 100 * MIB })
  const idlers = await Promise.all(Array.from({ length: 10 }, () => open(port)))
  const reader = await open(port)
  reader.socket.resume()
  try {
    await until(async () => reader.state.read > ANSWER.length)
    const open = async () => {
      const closed = await Promise.all(idlers.map(isClosed))
      return closed.filter((isGone) => !isGone).length
    }
    await until(async () => (await open()) <= 4)
  } finally {
    for (const { socket } of [...idlers, reader]) socket.destroy()
    stop()
  }
})

test('Y04 when all connections are taken, slow readers and slow senders make room', async () => {
  const { port, stop } = await listen({ connections: 4 }, ({ url }, answer) => answer.end(url === '/' ? ANSWER : 'ok'))
  const slow = [
    await open(port),
    await open(port),
    await open(port, '/', 'Content-Length: 9\r\n'),
    await open(port, '/', 'Content-Length: 9\r\n'),
  ]
  try {
    const newcomers: Client[] = []
    await until(async () => {
      const newcomer = await open(port, '/short', 'Connection: close\r\n')
      newcomer.socket.resume()
      newcomers.push(newcomer)
      const closed = await Promise.all(slow.map(isClosed))
      return closed.some((isGone) => isGone) && newcomers.some(({ state }) => state.read > 0)
    })
  } finally {
    for (const { socket } of slow) socket.destroy()
    stop()
  }
})

test('Y04 120 clients that do not read the script of the API page hold little memory', async () => {
  const server = await startServer()
  const docs = new URL('/api/docs/', server.url)
  const [, script = ''] = /<script src="([^"]+)"/.exec(await (await fetch(docs)).text()) ?? []
  const { pathname } = new URL(script, docs)
  const clients: Client[] = []
  try {
    await (await fetch(new URL(pathname, server.url))).arrayBuffer()
    const before = await memoryOf(server)
    for (let count = 0; count < 120; count += 1) clients.push(await open(Number(docs.port), pathname))
    await until(async () => (await openFiles(server)) > 120)
    assert.equal((await server.api('GET', '/healthz')).status, 200)
    const growth = (await memoryOf(server)) - before
    assert.ok(growth < 100, `${growth} MiB`)
  } finally {
    for (const { socket } of clients) socket.destroy()
    await server.close()
  }
})

test('Y04 of 40 clients that do not read a long run, few stay connected', async () => {
  const server = await startServer()
  const clients: Client[] = []
  try {
    const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
    const request = { body: { text: 'x'.repeat(10 * MIB) } }
    const run = await server.api<{ id: string }>('POST', `/api/workflows/${workflow.id}/runs`, { request })
    assert.equal(run.status, 200)
    for (let count = 0; count < 40; count += 1) {
      const headers = `Authorization: Bearer ${server.apiKey}\r\n`
      clients.push(await open(Number(new URL(server.url).port), `/api/runs/${run.body.id}`, headers))
    }
    await until(async () => (await Promise.all(clients.map(isClosed))).filter((isGone) => !isGone).length <= 15)
  } finally {
    for (const { socket } of clients) socket.destroy()
    await server.close()
  }
})

const openFiles = async ({ process: { pid } }: TestServer): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length
