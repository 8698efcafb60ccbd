/** Server-sent events: answers that stay open while there is something to tell. */

import type { FastifyReply } from 'fastify'

export type EventStream = {
  send(event: string, text: string): void
  /** Resolves when more may be sent without being buffered here for long; for what may be large. */
  ready(): Promise<void>
  /** Ends the stream after what was sent. */
  end(): void
}

export type Streams = {
  /** Takes the answer over. `onClose` is called once, when the client goes away or the stream ends. */
  open(reply: FastifyReply, onClose: () => void): EventStream
  /** Ends all of them: when the server stops, and when rights change, since browsers come again and are asked again who they are. */
  close(): void
}

const HEARTBEAT_MS = 15_000
/** A client that does not read is cut off rather than buffered for. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

export function createStreams(): Streams {
  const open = new Set<EventStream>()
  return {
    open(reply, onClose) {
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
        end: () => raw.end(),
      }
      raw.on('close', () => {
        clearInterval(heartbeat)
        open.delete(stream)
        onClose()
      })
      open.add(stream)
      return stream
    },
    close() {
      for (const stream of open) stream.end()
    },
  }
}
