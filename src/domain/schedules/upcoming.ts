/** The next ticks of a schedule, with what summer time does to them. */

import { nextTickAfter, type Schedule, ticksAtItsTime } from './schedule.ts'

export type UpcomingTick = {
  readonly dueAt: number
  /** The zone's clock at that moment; 0 for an interval, which follows no clock. */
  readonly offsetMinutes: number
  /** The zone's clock was moved since the tick before it (or since `after`). */
  readonly clockChange: 'forward' | 'back' | null
  /** The local time that was asked for does not exist on that day: it runs at the next one that does. */
  readonly moved: boolean
}

/** At most `count` ticks later than `after`; `anchorAt` is the start of an interval's grid. */
export function upcomingTicks(
  schedule: Schedule,
  anchorAt: number,
  after: number,
  count: number,
): readonly UpcomingTick[] {
  const ticks: UpcomingTick[] = []
  let last = { dueAt: after, offsetMinutes: offsetAt(schedule, after) }
  while (ticks.length < count) {
    const dueAt = nextTickAfter(schedule, anchorAt, last.dueAt)
    if (dueAt === null) break
    const offsetMinutes = offsetAt(schedule, dueAt)
    const clockChange =
      offsetMinutes === last.offsetMinutes ? null : offsetMinutes > last.offsetMinutes ? 'forward' : 'back'
    ticks.push({ dueAt, offsetMinutes, clockChange, moved: !ticksAtItsTime(schedule, dueAt) })
    last = { dueAt, offsetMinutes }
  }
  return ticks
}

/** Where each of the last `days` days begins in the zone, oldest first; the last one is the day that holds `now`. */
export function dayStarts(timezone: string, now: number, days: number): readonly number[] {
  const midnights: Schedule = { cron: '0 0 * * *', timezone, overlap: 'skip', missed: 'last' }
  const starts: number[] = []
  let start = nextTickAfter(midnights, 0, now - (days + 1) * DAY_MS)
  while (start !== null && start <= now) {
    starts.push(start)
    start = nextTickAfter(midnights, 0, start)
  }
  return starts.slice(-days)
}

const DAY_MS = 86_400_000

function offsetAt(schedule: Schedule, at: number): number {
  if ('every_seconds' in schedule) return 0
  const format = new Intl.DateTimeFormat('en', { timeZone: schedule.timezone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? []
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return sign === '-' ? -size : size
}
