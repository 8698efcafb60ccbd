/** The server's connections: which have an open request, and which is closed when there are too many. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

type State = {
  /** Requests that are not fully answered, and the newest of them. */
  count: number
  newest: { readonly request: IncomingMessage; readonly response: ServerResponse } | null
  /** All connections of the server without an open request, longest idle first. */
  readonly idle: Set<Duplex>
}

/** Connections beyond the limit while idle ones are being closed. Node refuses more. */
const HEADROOM = 500

const states = new WeakMap<Duplex, State>()

/**
 * Keeps capacity for new connections: above `limit`, the connection that has been idle longest is closed. Otherwise a
 * client with many silent connections would keep all others out until they time out.
 */
export function limitConnections(server: Server, limit: number): void {
  const idle = new Set<Duplex>()
  let open = 0
  server.maxConnections = limit + HEADROOM
  server.on('connection', (socket) => {
    open += 1
    idle.add(socket)
    states.set(socket, { count: 0, newest: null, idle })
    socket.once('close', () => {
      open -= 1
      idle.delete(socket)
    })
    if (open <= limit) return
    const [oldest] = idle
    oldest?.destroy()
  })
}

/** Counts a request as open until its response has ended. */
export function trackRequest(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  const state = states.get(socket) ?? { count: 0, newest: null, idle: new Set() }
  states.set(socket, state)
  state.count += 1
  state.newest = { request, response }
  state.idle.delete(socket)
  response.once('close', () => {
    state.count -= 1
    if (state.count === 0 && !socket.destroyed) state.idle.add(socket)
  })
}

/** Whether the client would match an answer sent now to the request that the parser refused. */
export function canAnswer(socket: Duplex): boolean {
  const { count, newest } = states.get(socket) ?? { count: 0, newest: null }
  if (count === 0) return true
  return count === 1 && newest?.request.complete === false && !newest.response.headersSent
}
