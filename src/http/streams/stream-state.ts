import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Streams } from './event-stream.ts'

const LOOK_MS = 500

type Followed = {
  readonly id: string
  readonly event: string
  /** Null: it was deleted. */
  read(): Promise<{ readonly status: string } | null>
}

/** Sends each change, until the status is no longer `running`. */
export function streamState(
  streams: Streams,
  { id, event, read }: Followed,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const end = new AbortController()
  const stream = streams.open(request, reply, () => end.abort())
  const follow = async () => {
    let last = ''
    while (!end.signal.aborted) {
      const found = await read()
      const text = found === null ? last : JSON.stringify(found)
      if (text !== last) stream.send(event, text)
      last = text
      if (found?.status !== 'running') break
      await delay(LOOK_MS)
    }
    stream.send('end', JSON.stringify({ id }))
    stream.end()
  }
  follow().catch((error: unknown) => {
    reply.log.error({ err: error, id, event }, 'a state could not be followed')
    stream.end()
  })
  return reply
}
