/** Server-sent events: answers that stay open while there is something to tell. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import { principalOf } from '../auth/principal.ts'
import type { EventStream } from './stream.ts'
import { type StreamPrincipal, type StreamRightsOptions, watchStreamRights } from './stream-rights.ts'

export type Streams = {
  /**
   * Takes the answer over. `onClose` is called once, when the client goes away or the stream ends.
   * Throws `too_many_requests` for somebody who has many open.
   */
  open(request: FastifyRequest, reply: FastifyReply, onClose: () => void): EventStream
  /** Says that somebody's rights have changed: the streams that were opened with them end, here and on other servers. */
  rightsChanged(): void
  /** Ends all of them: the server stops. */
  close(): void
}

const HEARTBEAT_MS = 15_000
/** A client that does not read is cut off rather than buffered for. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
/** Of one person or API key on one server: each holds a connection. */
const MAX_PER_PRINCIPAL = 200

export function createStreams(options: Omit<StreamRightsOptions, 'streams'>): Streams {
  const open = new Map<EventStream, StreamPrincipal>()
  const rights = watchStreamRights({ ...options, streams: open })
  return {
    rightsChanged: rights.changed,
    open(request, reply, onClose) {
      const principal = principalOf(request)
      refuseTooMany(open, principal.actor.id)
      const { raw } = reply.hijack()
      raw.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        'X-Content-Type-Options': 'nosniff',
      })
      raw.flushHeaders()
      const write = (text: string) => {
        if (raw.writableLength > MAX_BUFFERED_BYTES) raw.destroy()
        else if (!raw.writableEnded) raw.write(text)
      }
      const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS)
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
            const go = () => {
              raw.off('drain', go).off('close', go)
              resolve()
            }
            raw.on('drain', go).on('close', go)
          })
        },
        end() {
          open.delete(stream)
          raw.end()
        },
      }
      raw.on('close', () => {
        clearInterval(heartbeat)
        open.delete(stream)
        onClose()
      })
      open.set(stream, { headers: request.headers, principal })
      return stream
    },
    close() {
      rights.close()
      for (const stream of open.keys()) stream.end()
    },
  }
}

function refuseTooMany(open: ReadonlyMap<EventStream, StreamPrincipal>, actorId: string): void {
  let count = 0
  for (const { principal } of open.values()) if (principal.actor.id === actorId) count += 1
  if (count < MAX_PER_PRINCIPAL) return
  throw new UserError('too_many_requests', `You have ${count} streams open already: close some first.`, {
    retryAfterSeconds: 5,
  })
}
