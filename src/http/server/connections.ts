/** The server's connections: which have a request under way, and who goes when there are too many. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

type State = {
  /** Requests that are not answered to their end, and the newest one. */
  count: number
  newest: { readonly request: IncomingMessage; readonly response: ServerResponse } | null
  /** All connections of the server without a request, longest idle first. */
  readonly idle: Set<Duplex>
}

/** More than this at once come from a crowd or an attack: Node refuses them. */
const HEADROOM = 500

const states = new WeakMap<Duplex, State>()

/**
 * Keeps room for new connections: over `most`, the one that has been idle longest is closed. Without that, whoever opens
 * many connections and sends nothing would keep all others out until they time out.
 */
export function keepRoom(server: Server, limit: number): void {
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

/** Notes that a request is under way until its answer has ended. */
export function follow(request: IncomingMessage, response: ServerResponse): void {
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

/** Whether an answer sent now would be taken for that of the request which the parser refuses. */
export function canAnswer(socket: Duplex): boolean {
  const { count, newest } = states.get(socket) ?? { count: 0, newest: null }
  if (count === 0) return true
  return count === 1 && newest?.request.complete === false && !newest.response.headersSent
}
