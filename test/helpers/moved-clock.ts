import type { Clock } from '../../src/clock.ts'

export type MovedClock = Clock & {
  /** Ends the sleeps until then in their order, with their work. */
  move(ms: number): Promise<void>
}

type Sleep = { readonly at: number; readonly end: () => void }

/** The work of an ended sleep begins its next sleep. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function createMovedClock(start = 0): MovedClock {
  let at = 0
  const sleeps = new Set<Sleep>()
  return {
    now: () => start + at,
    monotonic: () => at,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleep = {
          at: at + ms,
          end() {
            sleeps.delete(sleep)
            signal?.removeEventListener('abort', sleep.end)
            resolve()
          },
        }
        if (signal?.aborted) return resolve()
        sleeps.add(sleep)
        signal?.addEventListener('abort', sleep.end)
      }),
    async move(ms) {
      const until = at + ms
      await settle()
      for (;;) {
        const [next] = [...sleeps].filter((sleep) => sleep.at <= until).sort((one, other) => one.at - other.at)
        if (next === undefined) break
        at = Math.max(at, next.at)
        next.end()
        await settle()
      }
      at = until
    },
  }
}
