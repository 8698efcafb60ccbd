/** A blocked event loop delays all requests. */

import type { Logger } from 'pino'
import { guard } from '../guard.ts'

const guarded = guard('the watch of the event loop')

export type LoopWatch = {
  /** `what` must not contain secrets. Takes less than a microsecond. */
  mark(what: string): void
  onDelay(listener: (lateMs: number, busyMs: number) => void): void
  /** No request waits for the loading of modules, which blocks the loop too. */
  start(): void
  close(): Promise<void>
}

const EVERY_MS = 20
const MAX_HELD_MS = 100
const LOG_EVERY_MS = 1000
const MAX_MARKS = 64
const NAMED = 3

type Mark = { readonly what: string; readonly at: number }

export function createLoopWatch(log: Logger, now: () => number = () => performance.now()): LoopWatch {
  const marks: Mark[] = []
  const listeners: ((lateMs: number, busyMs: number) => void)[] = []
  let last = 0
  let lastBusy = process.threadCpuUsage()
  let loggedAt = Number.NEGATIVE_INFINITY
  let unlogged = 0
  const look = () => {
    const at = now()
    const lateMs = at - last - EVERY_MS
    const { user, system } = process.threadCpuUsage(lastBusy)
    const busyMs = (user + system) / 1000
    if (lateMs > 0) for (const listener of listeners) listener(lateMs, busyMs)
    if (lateMs > MAX_HELD_MS && at - loggedAt < LOG_EVERY_MS) unlogged += 1
    else if (lateMs > MAX_HELD_MS) {
      const during = longestOf(marks, last, at)
      const held = { heldMs: Math.round(lateMs), computedMs: Math.round(busyMs), during, unlogged }
      log.warn(held, 'the event loop was held, so everything else waited')
      loggedAt = at
      unlogged = 0
    }
    last = at
    lastBusy = process.threadCpuUsage()
  }
  let timer: NodeJS.Timeout | undefined
  return {
    mark(what) {
      marks.push({ what, at: now() })
      if (marks.length > MAX_MARKS) marks.shift()
    },
    onDelay: (listener) => void listeners.push(listener),
    start() {
      last = now()
      lastBusy = process.threadCpuUsage()
      timer = guarded.setInterval(look, EVERY_MS).unref()
    },
    async close() {
      clearInterval(timer)
    },
  }
}

function longestOf(marks: readonly Mark[], from: number, to: number): { what: string; ms: number }[] {
  const spans = marks.map(({ what, at }, index) => {
    const end = marks[index + 1]?.at ?? to
    return { what, ms: Math.round(Math.min(end, to) - Math.max(at, from)) }
  })
  return spans
    .filter(({ ms }) => ms > 0)
    .sort((one, other) => other.ms - one.ms)
    .slice(0, NAMED)
}
