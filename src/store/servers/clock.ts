/** Schedules and retention use the database's clock. */

import { StartError } from '../../errors.ts'

type ServerClock = {
  /** Milliseconds to the database's clock. 0 if within a second. */
  readonly offset: number
  compare(databaseNow: number, tookMs: number): void
  /** Ignores steps of this server's clock since the last comparison. */
  sharedNow(): number
  problem(): string | null
  assertRight(): void
}

const SAME_MS = 1000
const READS = 3
const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
  [1000, 's'],
]

export function createClock(clock: () => number, maxMs: number): ServerClock {
  let offset = 0
  // The monotonic clock has no steps, so a machine that resumes with a wrong time does not decide what is due or old. A
  // wait for a processor between two reads makes the difference too small.
  const base = () => Math.max(...Array.from({ length: READS }, () => clock() - performance.now()))
  let since = base()
  const problem = (): string | null => {
    if (Math.abs(offset) <= maxMs) return null
    const side = offset < 0 ? 'ahead of' : 'behind'
    return (
      `The clock of this server is ${textOf(Math.abs(offset))} ${side} the database's, and at most ${maxMs / 1000} s are allowed ` +
      '(WORKFLOWS_CLOCK_SECONDS): set the clocks of both machines by NTP.'
    )
  }
  return {
    get offset() {
      return offset
    },
    compare(databaseNow, tookMs) {
      const found = databaseNow - (clock() - tookMs / 2)
      if (Math.abs(found) > Math.max(SAME_MS, tookMs)) offset = Math.round(found)
      else if (tookMs < SAME_MS) offset = 0
      else return
      since = base()
    },
    sharedNow: () => Math.round(since + performance.now()) + offset,
    problem,
    assertRight() {
      const found = problem()
      if (found !== null) throw new StartError(`${found} Then start again.`)
    },
  }
}

function textOf(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1000, 's']
  return `${Math.round(ms / size)} ${name}`
}
