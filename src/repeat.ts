/** Work that a server does again and again, such as looking into the database. */

import { guard } from './guard.ts'

const guarded = guard('repeated work')

export type Repeated = {
  /** Resolves when the work has been done once, or has failed once. */
  readonly first: Promise<void>
  /** Waits for the work under way. */
  close(): Promise<void>
}

/** After a failure the wait is no longer than this. */
const RETRY_MS = 1000

/** Does the work now, and again `everyMs` after it has ended, or after it began, until it is closed. */
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
