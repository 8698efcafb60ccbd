/** Reads request bodies within bounds: of one body, and of all bodies held at once. */

import type { IncomingMessage } from 'node:http'
import { UserError } from '../../errors.ts'

/** The client went away before its request was whole: nobody is left to answer. */
export class ClientGone extends Error {}

export type BodyBudget = {
  /** Counts bytes against what all bodies together may take; throws `unavailable` when that is used up. */
  take(bytes: number): void
  give(bytes: number): void
}

/** Slow functions with large bodies and many callers would otherwise fill the memory: requests wait for a place with their bodies. */
export function createBodyBudget(limit: number): BodyBudget {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > limit) {
        throw new UserError('unavailable', 'Too many large bodies are being handled at once. Call again in a moment.', {
          retryAfterSeconds: 5,
        })
      }
      taken += bytes
    },
    give(bytes) {
      taken -= bytes
    },
  }
}

/** Throws `payload_too_large` for a body that announces more than the limit. */
export function checkAnnouncedLength(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
}

/** The whole body, counted while it comes. The caller gives the budget its bytes back. */
export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const stop = (error: Error) => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
      request.on('error', () => {})
      budget.give(length)
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      try {
        if (length + chunk.length > limit) throw tooLarge(limit)
        budget.take(chunk.length)
      } catch (error) {
        return stop(error instanceof Error ? error : new Error(String(error)))
      }
      length += chunk.length
      chunks.push(chunk)
    }
    const onEnd = () => {
      request.off('close', onGone)
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length))
    }
    // Node tells of a broken connection by an error or by the end, depending on when it broke.
    const onGone = () => stop(new ClientGone('The client closed the connection before its request was whole.'))
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  })
}

const tooLarge = (limit: number): UserError =>
  new UserError('payload_too_large', `Expected a body of at most ${limit} bytes, found more.`)
