import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { guard } from '../../guard.ts'

const guarded = guard('the connections of the server')

export type ConnectionLimits = {
  readonly connections: number
  readonly unsentBytes: number
  readonly stallMs: number
  readonly minAnswerRate: number
  /** The body may arrive at any rate for this time, then MIN_BODY_RATE applies. */
  readonly bodyGraceMs: number
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

type State = {
  readonly open: Set<Exchange>
  wait: Wait | null
  readonly connections: Connections
}

type Wait = {
  readonly kind: 'reading' | 'sending'
  readonly since: number
  readonly bytes: number
  checked: { readonly at: number; readonly bytes: number }
}

type Connections = {
  readonly idle: Set<Socket>
  readonly busy: Set<Socket>
  slowest: Socket[]
}

/** Connections over the limit while others close. Node refuses more. */
const HEADROOM = 500
const LOOK_MS = 250
const MIN_BODY_RATE = 64_000
const BODY_PERIOD_MS = 5_000

const states = new WeakMap<Duplex, State>()

/**
 * Bounds connections, memory and time of silent or slow clients. Closes the longest idle connection, then the slowest
 * client.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  const connections: Connections = { idle: new Set(), busy: new Set(), slowest: [] }
  const { idle, busy } = connections
  server.maxConnections = limits.connections + HEADROOM
  server.on(
    'connection',
    guarded((socket) => {
      idle.add(socket)
      states.set(socket, { open: new Set(), wait: null, connections })
      socket.once(
        'close',
        guarded(() => {
          idle.delete(socket)
          busy.delete(socket)
        }),
      )
      if (idle.size + busy.size > limits.connections) makeRoom(connections)
    }),
  )
  // Node restarts this timer whenever bytes move.
  server.timeout = limits.stallMs
  server.on(
    'timeout',
    guarded((socket: Socket) => {
      if (unsentBytes(socket) > 0) drop(socket)
      else if (!busy.has(socket)) socket.destroy()
    }),
  )
  const timer = guarded
    .setInterval(() => {
      for (const socket of lookAt(connections, limits)) {
        if (!server.emit('clientError', new BodyTooSlow(), socket)) socket.destroy()
      }
    }, LOOK_MS)
    .unref()
  server.once('close', () => clearInterval(timer))
  const { closeIdleConnections } = server
  // Node closes only connections that have had a request. Those that browsers open in advance delayed each stop by 2 s.
  server.closeIdleConnections = () => {
    closeIdleConnections.call(server)
    for (const socket of idle) if (socket.bytesRead === 0) socket.destroy()
  }
}

class BodyTooSlow extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** After an ordinary close, the kernel keeps megabytes of unsent data. */
const drop = (socket: Socket): Socket => socket.resetAndDestroy()

export function trackRequest(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  const state = states.get(socket)
  if (state === undefined) return
  const { open, connections } = state
  const exchange = { request, response }
  open.add(exchange)
  connections.idle.delete(socket)
  connections.busy.add(socket)
  response.once(
    'close',
    guarded(() => {
      open.delete(exchange)
      if (open.size > 0 || socket.destroyed) return
      state.wait = null
      connections.busy.delete(socket)
      connections.idle.add(socket)
    }),
  )
}

/** Returns whether the client would match a response to the refused request. */
export function canAnswer(socket: Duplex): boolean {
  const open = [...(states.get(socket)?.open ?? [])]
  const [only] = open
  if (only === undefined) return true
  return open.length === 1 && !only.request.complete && !only.response.headersSent
}

function makeRoom({ idle, busy, slowest }: Connections): void {
  const [longestIdle] = idle
  if (longestIdle !== undefined && idle.size > 1) return void longestIdle.destroy()
  for (let socket = slowest.shift(); socket !== undefined; socket = slowest.shift()) {
    if (busy.has(socket) && states.get(socket)?.wait !== null) return void drop(socket)
  }
}

function lookAt(connections: Connections, limits: ConnectionLimits): readonly Socket[] {
  const now = performance.now()
  const waiting: { readonly socket: Socket; readonly rate: number; readonly unsent: number }[] = []
  const tooSlow: Socket[] = []
  let sum = 0
  for (const socket of connections.busy) {
    const unsent = unsentBytes(socket)
    const wait = noteWait(socket, unsent, now)
    if (wait === null) continue
    const moved = bytesOf(socket, wait.kind) - wait.bytes
    const elapsed = now - wait.since
    if (wait.kind === 'sending' && isTooSlow(socket, wait, now, limits.bodyGraceMs)) tooSlow.push(socket)
    else if (unsent > 0 && elapsed > limits.stallMs + ((moved + unsent) * 1000) / limits.minAnswerRate) drop(socket)
    else {
      waiting.push({ socket, rate: moved / (elapsed + LOOK_MS), unsent })
      sum += unsent
    }
  }
  waiting.sort((a, b) => a.rate - b.rate)
  connections.slowest = waiting.map(({ socket }) => socket)
  // The fastest client stays: a single response may exceed the limit.
  for (const { socket, unsent } of waiting.slice(0, -1)) {
    if (sum <= limits.unsentBytes) break
    if (unsent === 0) continue
    drop(socket)
    sum -= unsent
  }
  return tooSlow
}

function noteWait(socket: Socket, unsent: number, now: number): Wait | null {
  const state = states.get(socket)
  if (state === undefined) return null
  const isSending = [...state.open].some(({ request }) => !request.complete)
  const kind = unsent > 0 ? 'reading' : isSending ? 'sending' : null
  if (kind === null) state.wait = null
  else if (state.wait?.kind !== kind) {
    const bytes = bytesOf(socket, kind)
    state.wait = { kind, since: now, bytes, checked: { at: now, bytes } }
  }
  return state.wait
}

function isTooSlow(socket: Socket, wait: Wait, now: number, graceMs: number): boolean {
  const bytes = bytesOf(socket, 'sending')
  const { checked } = wait
  if (now - wait.since < graceMs) wait.checked = { at: now, bytes }
  if (now - checked.at < BODY_PERIOD_MS) return false
  wait.checked = { at: now, bytes }
  return ((bytes - checked.bytes) * 1000) / (now - checked.at) < MIN_BODY_RATE
}

function unsentBytes(socket: Socket): number {
  let sum = socket.writableLength
  // The first response's length includes the socket's bytes. The others are not in the socket yet.
  for (const { response } of states.get(socket)?.open ?? []) {
    sum += response.writableLength - (response.socket === null ? 0 : socket.writableLength)
  }
  return sum
}

/** A slow reader could send bytes to stay connected. */
const bytesOf = (socket: Socket, kind: Wait['kind']): number =>
  kind === 'sending' ? socket.bytesRead : socket.bytesWritten - socket.writableLength
