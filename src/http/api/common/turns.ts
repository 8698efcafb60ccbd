import { UserError } from '../../../errors.ts'

const MAX_WAITING = 4

/** One task at a time per principal. Throws `too_many_requests`. */
export type Turns = <T>(principal: string, work: () => Promise<T>) => Promise<T>

export function createTurns(things: string): Turns {
  const lines = new Map<string, { last: Promise<unknown>; calls: number }>()
  return async (principal, work) => {
    const line = lines.get(principal) ?? { last: Promise.resolve(), calls: 0 }
    if (line.calls > MAX_WAITING) {
      throw new UserError(
        'too_many_requests',
        `Expected at most ${MAX_WAITING + 1} ${things} at a time. Try again when one of them has ended.`,
        { retryAfterSeconds: 1 },
      )
    }
    lines.set(principal, line)
    line.calls += 1
    const mine = line.last.then(work)
    line.last = mine.catch(() => {})
    try {
      return await mine
    } finally {
      line.calls -= 1
      if (line.calls === 0) lines.delete(principal)
    }
  }
}
