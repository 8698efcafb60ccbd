import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { guard } from '../../../guard.ts'
import type { SignalLine } from '../database.ts'

const guarded = guard('the signals of the database')

const CHANNEL = 'workflows'
/** PostgreSQL accepts less than 8,000 bytes. */
const MAX_PAYLOAD_BYTES = 7800
const MAX_WAITING = 2000
const CONNECT_TIMEOUT_MS = 5000
const CLOSE_TIMEOUT_MS = 1000
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5000

export function openSignalLine(databaseUrl: string): SignalLine {
  const listeners = new Set<(text: string | null) => void>()
  const publish = (text: string | null): void => {
    for (const listener of listeners) listener(text)
  }
  let waiting: string[] = []
  let timer: NodeJS.Timeout | null = null
  let sendsAt = 0
  let sending = Promise.resolve()
  const line = keepConnected(databaseUrl, publish)

  async function send(): Promise<void> {
    const client = line.client
    // Texts may be lost: listeners check everything after a reconnect.
    const texts = waiting
    waiting = []
    if (client === null) return
    for (const payload of payloadsOf(texts)) await client.query('select pg_notify($1, $2)', [CHANNEL, payload])
  }

  /** Keeps the order. The driver handles one query at a time. */
  function queueSend(): void {
    timer = null
    sending = sending.then(send).catch(() => line.drop())
  }

  return {
    // Commits with a notification wait for each other, so a run's transaction sends no text.
    send(text, waitMs) {
      if (waiting.length >= MAX_WAITING) return
      waiting.push(text)
      const at = performance.now() + waitMs
      if (timer !== null && sendsAt <= at) return
      if (timer !== null) clearTimeout(timer)
      sendsAt = at
      timer = guarded.setTimeout(queueSend, waitMs)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      if (timer !== null) clearTimeout(timer)
      await line.close()
    },
  }
}

type Connection = { readonly client: pg.Client | null; drop(): void; close(): Promise<void> }

function keepConnected(databaseUrl: string, publish: (text: string | null) => void): Connection {
  let client: pg.Client | null = null
  let socket = new Socket()
  let timer: NodeJS.Timeout | undefined
  let retryMs = FIRST_RETRY_MS
  let closed = false

  async function connect(): Promise<void> {
    socket = new Socket()
    const stream = socket
    const fresh = new pg.Client({
      connectionString: databaseUrl,
      stream: () => stream,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'workflows signals',
    })
    fresh.on('error', () => {})
    fresh.on(
      'notification',
      guarded(({ payload }) => {
        for (const text of textsOf(payload ?? '')) publish(text)
      }),
    )
    fresh.once(
      'end',
      guarded(() => {
        if (client === fresh) client = null
        if (!closed) timer = guarded.setTimeout(start, retryMs)
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)
      }),
    )
    try {
      await fresh.connect()
      await fresh.query(`listen ${CHANNEL}`)
    } catch {
      return await fresh.end()
    }
    if (closed) return await fresh.end()
    retryMs = FIRST_RETRY_MS
    client = fresh
    publish(null)
  }
  const start = (): void => guarded.start(connect)

  start()
  return {
    get client() {
      return client
    },
    drop: () => void socket.destroy(),
    async close() {
      closed = true
      clearTimeout(timer)
      // A hanging database would never close the connection.
      await Promise.race([client?.end(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
      socket.destroy()
    },
  }
}

function* payloadsOf(texts: readonly string[]): Generator<string> {
  let payload = ''
  for (const text of texts) {
    if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) continue
    if (payload !== '' && Buffer.byteLength(payload) + Buffer.byteLength(text) >= MAX_PAYLOAD_BYTES) {
      yield payload
      payload = ''
    }
    payload += payload === '' ? text : `\n${text}`
  }
  if (payload !== '') yield payload
}

const textsOf = (payload: string): string[] => payload.split('\n').filter((text) => text !== '')
