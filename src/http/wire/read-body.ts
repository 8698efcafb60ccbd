import type { IncomingMessage } from 'node:http'
import { UserError } from '../../errors.ts'
import { guard } from '../../guard.ts'

/** No response can be sent. */
export class ClientGone extends Error {}

export type BodyBudget = {
  take(bytes: number): void
  release(bytes: number): void
}

export type SharedBudget = { shareOf(workflowId: string): BodyBudget }

/** Bodies are held while they arrive and wait for a slot. */
export function createBodyBudget({ total, perWorkflow }: { total: number; perWorkflow: number }): SharedBudget {
  const takenBy = new Map<string, number>()
  let taken = 0
  return {
    shareOf: (workflowId) => ({
      take(bytes) {
        const own = (takenBy.get(workflowId) ?? 0) + bytes
        if (own > perWorkflow) throw tooManyBodies('This hook')
        if (taken + bytes > total) throw tooManyBodies('The server')
        taken += bytes
        takenBy.set(workflowId, own)
      },
      release(bytes) {
        taken -= bytes
        const own = (takenBy.get(workflowId) ?? 0) - bytes
        if (own > 0) takenBy.set(workflowId, own)
        else takenBy.delete(workflowId)
      },
    }),
  }
}

const tooManyBodies = (holder: string): UserError =>
  new UserError('unavailable', `${holder} holds too many large bodies. Call again in a moment.`, {
    retryAfterSeconds: 5,
  })

export function assertAnnouncedLength(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
}

export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const guarded = guard('a body', () => request.destroy())
    const stop = (error: Error) => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
      request.on('error', () => {})
      budget.release(length)
      reject(error)
    }
    const onData = guarded((chunk: Buffer) => {
      try {
        if (length + chunk.length > limit) throw tooLarge(limit)
        budget.take(chunk.length)
      } catch (error) {
        return stop(error instanceof Error ? error : new Error(String(error)))
      }
      length += chunk.length
      chunks.push(chunk)
    })
    const onEnd = guarded(() => {
      request.off('close', onGone)
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length))
    })
    // Node emits 'error' or only 'close'.
    const onGone = guarded(() =>
      stop(new ClientGone('The client closed the connection before its request was complete.')),
    )
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  })
}

const tooLarge = (limit: number): UserError =>
  new UserError('payload_too_large', `Expected a body of at most ${limit} bytes, found more.`)
