/**
 * Random messages to the sockets of the editor's language servers, as viewer, editor and limited editor.
 * 1,000 messages for each language here; `FUZZ_SECONDS=600 npm test -- test/fuzz/language.test.ts` for longer,
 * `FUZZ_SEED` for other messages (test/helpers/seed.ts).
 */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openLanguage } from '../helpers/language.ts'
import { type Close, openRawSocket, type RawSocket, TEXT } from '../helpers/raw-websocket.ts'
import { SEED } from '../helpers/seed.ts'
import { startServer } from '../helpers/server.ts'
import { createCatch, must, until } from '../helpers/workflows.ts'
import { createRandom, type Place, randomMessage } from './language-messages.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0)
const MESSAGES = 1000
const BATCH = 50
/** Codes of the protocol's own errors: the library closes with them, without words. */
const PROTOCOL = [1002, 1007, 1009]

const server = await startServer()
let isEnding = false
server.process.once('exit', (code, signal) => {
  if (!isEnding) console.error(`The server ended (${signal ?? code}):\n${server.output().slice(-4000)}`)
})
after(async () => {
  isEnding = true
  await server.close()
})
const keyOf = async (scopes: readonly string[]) =>
  (await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'a key', scopes }), 201)).key
const SOURCES = {
  python3: 'def workflow(_request, settings):\n    return settings\n',
  node24: 'export default function workflow(request, settings) {\n  return settings\n}\n',
} as const

const text = (value: unknown) => ({ opcode: TEXT, payload: Buffer.from(JSON.stringify(value)) })
const message = (method: string, params: unknown, id?: string) => text({ jsonrpc: '2.0', id, method, params })

/** Opens a socket with an initialized language server; waits while there are too many. */
async function open(id: string, key: string, source: string): Promise<{ socket: RawSocket; place: Place }> {
  return await until(async () => {
    const url = `${server.url}/api/workflows/${id}/language`
    const socket = await openRawSocket(url, { Authorization: `Bearer ${key}` })
    const ready = new Promise<Place>((resolve) => socket.onText((sent) => resolve(JSON.parse(sent).params)))
    const place = await Promise.race([ready, socket.closed])
    if ('code' in place) return null
    socket.send(message('workflow/files', { source, files: {} }))
    socket.send(message('initialize', { processId: null, rootUri: place.root, capabilities: {} }, 'first'))
    socket.send(message('initialized', {}))
    return { socket, place }
  })
}

/** Resolves with how the server ended the socket; null if it has read all messages. */
async function untilRead(socket: RawSocket): Promise<Close | null> {
  const isRead = new Promise<null>((resolve) =>
    socket.onText((sent) => (sent.includes('"last"') ? resolve(null) : undefined)),
  )
  socket.send(message('not/offered', {}, 'last'))
  return await Promise.race([isRead, socket.closed])
}

for (const [index, runtime] of (['python3', 'node24'] as const).entries()) {
  test(`Z3-01 random messages to the language server of ${runtime} are answered, or close their socket with a reason`, {
    timeout: (SECONDS + 600) * 1000,
  }, async (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`)
    const random = createRandom(SEED + index)
    const source = SOURCES[runtime]
    const free = await createCatch(server, { source, runtime })
    const restricted = await createCatch(server, { source, runtime })
    await must(server.api('PATCH', `/api/workflows/${restricted.id}`, { editors: [] }), 200)
    const editor = await keyOf(['read', 'run', 'write'])
    const roles = [
      { id: free.id, key: await keyOf(['read']) },
      { id: free.id, key: editor },
      { id: restricted.id, key: editor },
    ]
    const closes = new Map<string, number>()
    const endsAt = performance.now() + SECONDS * 1000
    let sent = 0
    for (let round = 0; sent < MESSAGES || performance.now() < endsAt; round += 1) {
      const role = roles[round % roles.length] ?? assert.fail()
      const { socket, place } = await open(role.id, role.key, source)
      for (let count = 0; count < BATCH; count += 1)
        for (const frame of randomMessage(random, place)) socket.send(frame)
      sent += BATCH
      const close = await untilRead(socket)
      socket.end()
      const how = close === null ? 'open' : `${close.code} ${close.reason}`
      closes.set(how, (closes.get(how) ?? 0) + 1)
      assert.ok(close === null || close.reason !== '' || PROTOCOL.includes(close.code), `round ${round}: ${how}`)
      assert.equal((await server.api('GET', '/healthz')).status, 200, `round ${round}: ${how}`)
    }
    t.diagnostic(`${sent} messages: ${JSON.stringify(Object.fromEntries(closes))}`)
    assert.equal(server.process.exitCode, null)
    assert.ok(!server.output().includes('a listener failed'), server.output().slice(-4000))
    const client = await until(() => openLanguage(server, free.id, { source }).catch(() => null))
    await client.close()
  })
}
