import { nextTickAfter, type Schedule, ticksAtItsTime } from './schedule.ts'

export type UpcomingTick = {
  readonly dueAt: number
  /** The zone's offset. 0 for an interval. */
  readonly offsetMinutes: number
  readonly clockChange: 'forward' | 'back' | null
  readonly moved: boolean
}

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
  if (!('cron' in schedule)) return 0
  const format = new Intl.DateTimeFormat('en', { timeZone: schedule.timezone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? []
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return sign === '-' ? -size : size
}
