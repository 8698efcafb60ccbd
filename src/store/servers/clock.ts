/** How far this server's clock is from the database's, by which schedules and retention go. */

import { StartError } from '../../errors.ts'

type ServerClock = {
  /** What to add to this server's clock to have that of the database; 0: within a second. As of the last comparison. */
  readonly offset: number
  /** Takes in what the database's clock said at some moment of the last `tookMs`. */
  compare(databaseNow: number, tookMs: number): void
  /** The database's time. A step of this server's clock since the last comparison changes nothing of it. */
  sharedNow(): number
  /** Says in a sentence that the clocks are too far apart; null: they are not. */
  problem(): string | null
  /** Throws a StartError with the problem. */
  assertRight(): void
}

/** Two clocks that differ by less are taken for equal: asking takes time, too. */
const SAME_MS = 1000
const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
  [1000, 's'],
]

/** `clock` is this server's; the clocks may be `maxMs` apart. */
export function createClock(clock: () => number, maxMs: number): ServerClock {
  let offset = 0
  // The monotonic clock has no steps: a machine that resumes with a wrong time must not decide what is due or old by it.
  const base = () => clock() - performance.now()
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
      // The database looked at its clock at some moment while it was asked.
      const found = databaseNow - (clock() - tookMs / 2)
      if (Math.abs(found) > Math.max(SAME_MS, tookMs)) offset = Math.round(found)
      else if (tookMs < SAME_MS) offset = 0
      // Too slow an answer to know better.
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

/** In the largest unit of which there are two. */
function textOf(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1000, 's']
  return `${Math.round(ms / size)} ${name}`
}
