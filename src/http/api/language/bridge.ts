import { guard } from '../../../guard.ts'
import type { LanguageServer } from '../../../workers/language/language-servers.ts'
import type { Dialect } from './dialect.ts'
import { type Code, Session } from './session.ts'

export type Socket = {
  readonly bufferedAmount: number
  send(text: string): void
  close(code: number, reason: string): void
  ping(): void
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void
  on(event: 'close', listener: () => void): void
  on(event: 'pong', listener: () => void): void
}

type Options = {
  readonly socket: Socket
  readonly drop: () => void
  readonly server: LanguageServer
  readonly dialect: Dialect
  readonly checkCode: (code: Code) => void
  readonly idleMs: number
}

const CLOSE = { idle: 4000, ended: 4001, refused: 1008, broken: 1011 } as const
/** WebSocket limit of a close reason. */
const MAX_REASON_BYTES = 123
const PING_MS = 25_000
/** Unread bytes above which the language server pauses, and above which the client is disconnected. */
const PAUSE_BYTES = 1024 * 1024
const MAX_UNREAD = 16 * 1024 * 1024
const LOOK_MS = 50

export function bridge(options: Options): void {
  const { socket, drop, server } = options
  const guarded = guard('a socket of the editor', () => socket.close(CLOSE.broken, 'the message failed'))
  const session = new Session({ ...options, toClient: (text) => socket.send(text) })
  let isAlive = true
  const idle = guarded.setTimeout(() => socket.close(CLOSE.idle, 'nothing was asked for a while'), options.idleMs)
  const ping = guarded.setInterval(() => {
    if (!isAlive) return drop()
    isAlive = false
    socket.ping()
  }, PING_MS)
  const look = guarded.setInterval(() => {
    if (socket.bufferedAmount > MAX_UNREAD) drop()
    else if (socket.bufferedAmount > PAUSE_BYTES) server.pause()
    else server.resume()
  }, LOOK_MS)
  socket.on('pong', () => {
    isAlive = true
  })
  socket.on(
    'message',
    guarded((data, isBinary) => {
      idle.refresh()
      const problem = isBinary ? 'expected text' : session.fromClient(data)
      if (problem !== null) socket.close(CLOSE.refused, reasonOf(problem))
    }),
  )
  socket.on(
    'close',
    guarded(() => server.kill()),
  )
  server.onFrame(({ kind, text }) => {
    if (kind === 'R') session.fileWasRead(text)
    else session.fromServer(text)
  })
  server.onExit(() => {
    clearTimeout(idle)
    clearInterval(ping)
    clearInterval(look)
    session.close()
    socket.close(CLOSE.ended, 'the language server has ended')
  })
  session.begin()
}

const reasonOf = (problem: string): string =>
  problem.slice(0, new TextEncoder().encodeInto(problem, new Uint8Array(MAX_REASON_BYTES)).read)
