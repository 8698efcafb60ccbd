import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import { guard } from '../../guard.ts'
import { principalOf } from '../auth/shared/principal.ts'
import { SAFE_HEADERS } from '../wire/error-handlers.ts'
import type { EventStream } from './stream.ts'
import { type StreamPrincipal, type StreamRightsOptions, watchStreamRights } from './stream-rights.ts'

export type Streams = {
  /** Calls `onClose` once, at the client's disconnection or the stream's end. Throws `too_many_requests`. */
  open(request: FastifyRequest, reply: FastifyReply, onClose: () => void): EventStream
  /** Calls back once, when the sender's rights change or the server stops. */
  watch(request: FastifyRequest, onEnd: () => void): () => void
  rightsChanged(): void
  close(): void
}

const HEARTBEAT_MS = 15_000
/** A client that does not read is disconnected. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
/** Per principal and server. Each stream holds a connection. */
const MAX_PER_PRINCIPAL = 200

export function createStreams(options: Omit<StreamRightsOptions, 'streams'>): Streams {
  const open = new Map<EventStream, StreamPrincipal>()
  const rights = watchStreamRights({ ...options, streams: open })
  return {
    rightsChanged: rights.changed,
    open(request, reply, onClose) {
      const principal = principalOf(request)
      assertFewStreams(open, principal.actor.id)
      const { raw } = reply.hijack()
      raw.writeHead(200, {
        ...SAFE_HEADERS,
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      })
      raw.flushHeaders()
      const write = (text: string) => {
        if (raw.writableLength > MAX_BUFFERED_BYTES) request.raw.socket.resetAndDestroy()
        else if (!raw.writableEnded) raw.write(text)
      }
      const guarded = guard('an event stream', () => raw.destroy())
      const heartbeat = guarded.setInterval(() => write(': still here\n\n'), HEARTBEAT_MS)
      const stream: EventStream = {
        send: (event, text) =>
          write(
            `event: ${event}\n${text
              .split('\n')
              .map((line) => `data: ${line}\n`)
              .join('')}\n`,
          ),
        async ready() {
          if (!raw.writableNeedDrain || raw.closed) return
          await new Promise<void>((resolve) => {
            const go = guarded(() => {
              raw.off('drain', go).off('close', go)
              resolve()
            })
            raw.on('drain', go).on('close', go)
          })
        },
        end() {
          open.delete(stream)
          raw.end()
        },
      }
      raw.on(
        'close',
        guarded(() => {
          clearInterval(heartbeat)
          open.delete(stream)
          onClose()
        }),
      )
      open.set(stream, { headers: request.headers, principal })
      return stream
    },
    watch: (request, onEnd) => watch(open, request, onEnd),
    close() {
      rights.close()
      for (const stream of open.keys()) stream.end()
    },
  }
}

function watch(open: Map<EventStream, StreamPrincipal>, request: FastifyRequest, onEnd: () => void): () => void {
  const end = () => {
    open.delete(watched)
    onEnd()
  }
  const watched: EventStream = { send() {}, ready: async () => {}, end }
  open.set(watched, { headers: request.headers, principal: principalOf(request) })
  return () => void open.delete(watched)
}

function assertFewStreams(open: ReadonlyMap<EventStream, StreamPrincipal>, actorId: string): void {
  let count = 0
  for (const { principal } of open.values()) if (principal.actor.id === actorId) count += 1
  if (count < MAX_PER_PRINCIPAL) return
  throw new UserError('too_many_requests', `You have ${count} streams open already. Close some first.`, {
    retryAfterSeconds: 5,
  })
}
