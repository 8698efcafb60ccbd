/** Each large response takes memory and event loop time. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../../errors.ts'
import { guard } from '../../../guard.ts'
import { actorOf } from '../../auth/shared/principal.ts'

const LARGE_BYTES = 1024 * 1024
const MAX_LARGE = 2
const guarded = guard('the end of a large answer')

/** Throws `too_many_requests` for a principal's third simultaneous large response. */
export type LargeAnswers = (request: FastifyRequest, reply: FastifyReply, bytes: number) => void

export function createLargeAnswers(): LargeAnswers {
  const counts = new Map<string, number>()
  return (request, reply, bytes) => {
    if (bytes <= LARGE_BYTES) return
    const { id } = actorOf(request)
    const count = counts.get(id) ?? 0
    if (count >= MAX_LARGE) {
      throw new UserError(
        'too_many_requests',
        `Expected at most ${MAX_LARGE} answers over 1 MiB at a time. Try again when one of them has ended.`,
        { retryAfterSeconds: 1 },
      )
    }
    counts.set(id, count + 1)
    const release = (): void => {
      const left = (counts.get(id) ?? 1) - 1
      if (left === 0) counts.delete(id)
      else counts.set(id, left)
    }
    reply.raw.once('close', guarded(release))
  }
}
