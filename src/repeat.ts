/** Repeats background work, such as polling the database. */

import { guard } from './guard.ts'

const guarded = guard('repeated work')

export type Repeated = {
  /** Resolves after the first attempt, even if it failed. */
  readonly first: Promise<void>
  close(): Promise<void>
}

const RETRY_MS = 1000

/** Starts the work now and again `everyMs` after its end, or after its start. */
export function repeat(
  work: () => Promise<void>,
  everyMs: number,
  onError: (error: unknown) => void,
  since: 'its end' | 'its start' = 'its end',
): Repeated {
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const fail = guarded(onError)
  const once = async (): Promise<void> => {
    const startedAt = performance.now()
    let waitMs = everyMs
    try {
      await work()
      if (since === 'its start') waitMs = Math.max(0, startedAt + everyMs - performance.now())
    } catch (error) {
      fail(error)
      waitMs = Math.min(everyMs, RETRY_MS)
    }
    if (!closed) timer = guarded.setTimeout(() => (current = once()), waitMs)
  }
  const first = once()
  let current = first
  return {
    first,
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await current
    },
  }
}
