import { Cron } from 'croner'
import { LRUCache } from 'lru-cache'
import { reasonOf } from '../../errors.ts'

export const OVERLAPS = ['skip', 'queue', 'allow'] as const
export type Overlap = (typeof OVERLAPS)[number]

export const MISSED_POLICIES = ['last', 'all', 'none'] as const
type MissedPolicy = (typeof MISSED_POLICIES)[number]

export type Policies = { readonly overlap: Overlap; readonly missed: MissedPolicy }
type IntervalSchedule = Policies & { readonly every_seconds: number }
type CronSchedule = Policies & { readonly cron: string; readonly timezone: string }
/** The next run starts `pause_seconds` after the end of the last one. */
export type ContinuousSchedule = { readonly continuous: true; readonly pause_seconds: number }
/** Field names as in the API and the stored JSON. */
export type Schedule = IntervalSchedule | CronSchedule | ContinuousSchedule

export const isContinuous = (schedule: Schedule): schedule is ContinuousSchedule => 'continuous' in schedule

export const MAX_PAUSE_SECONDS = 86_400
/** The pause doubles with each failure in a row, up to this or a longer `pause_seconds`. */
const MAX_FAILURE_PAUSE_SECONDS = 300
const MAX_INTERVAL_SECONDS = 366 * 24 * 3600
const REFERENCE = Date.UTC(2024, 0, 1)
const NICKNAMES = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/i

export function validateSchedule(schedule: Schedule): string | null {
  // The schema checks the pause.
  if (isContinuous(schedule)) return null
  if ('every_seconds' in schedule) return validateInterval(schedule.every_seconds)
  return validateTimezone(schedule.timezone) ?? validateCron(schedule.cron, schedule.timezone)
}

export function firstTickAt(schedule: Schedule, now: number): number | null {
  return 'cron' in schedule ? nextTickAfter(schedule, now, now) : now
}

/** `failures` counts from the last success. A pause of 0 doubles from half a second. */
export function pauseAfter({ pause_seconds: pause }: ContinuousSchedule, failures: number): number {
  if (failures === 0) return pause * 1000
  const doubled = Math.max(pause, 0.5) * 2 ** failures
  return Math.min(doubled, Math.max(pause, MAX_FAILURE_PAUSE_SECONDS)) * 1000
}

/**
 * An interval's ticks lie on a grid from `anchorAt`. A nonexistent local time runs at the next existing one, and a
 * repeated one runs once. A continuous schedule only knows the tick at `anchorAt`. Times are epoch milliseconds.
 */
export function nextTickAfter(schedule: Schedule, anchorAt: number, after: number): number | null {
  if (isContinuous(schedule)) return after < anchorAt ? anchorAt : null
  if ('every_seconds' in schedule) {
    const period = schedule.every_seconds * 1000
    return after < anchorAt ? anchorAt : anchorAt + (Math.floor((after - anchorAt) / period) + 1) * period
  }
  const next = cronOf(schedule.cron, schedule.timezone).nextRun(new Date(after))
  return next === null ? null : next.getTime()
}

/** False for a tick that moved because its local time does not exist that day. */
export function ticksAtItsTime(schedule: Schedule, dueAt: number): boolean {
  return !('cron' in schedule) || cronOf(schedule.cron, schedule.timezone).match(new Date(dueAt))
}

function validateInterval(seconds: number): string | null {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_INTERVAL_SECONDS) return null
  return `schedule.every_seconds: expected a whole number from 1 to ${MAX_INTERVAL_SECONDS}, found ${seconds}`
}

function validateTimezone(timezone: string): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return null
  } catch {
    return `schedule.timezone: expected an IANA name such as Europe/Paris, found ${JSON.stringify(timezone)}`
  }
}

function validateCron(expression: string, timezone: string): string | null {
  const found = `found ${JSON.stringify(expression)}`
  const fields = expression.trim().split(/\s+/)
  // croner also accepts seconds, years and `?`, whose meaning varies.
  if (!NICKNAMES.test(expression.trim()) && (fields.length !== 5 || expression.includes('?'))) {
    return `schedule.cron: expected five fields (minute hour day month weekday) such as "0 6 * * 1-5", ${found}`
  }
  try {
    // Any five years contain each day of the calendar.
    const next = cronOf(expression, timezone).nextRun(new Date(REFERENCE))
    if (next !== null && next.getTime() < REFERENCE + 5 * MAX_INTERVAL_SECONDS * 1000) return null
    return `schedule.cron: expected a time that comes within five years, ${found}`
  } catch (error) {
    const problem = reasonOf(error)
    // croner's messages begin with its class name.
    const plain = problem.replace(/^Cron\w*: /, '').replace(/\.$/, '')
    return `schedule.cron: expected five valid fields (minute hour day month weekday), ${found}: ${plain}`
  }
}

const parsed = new LRUCache<string, Cron>({ max: 10_000 })

function cronOf(expression: string, timezone: string): Cron {
  const key = `${timezone} ${expression}`
  const known = parsed.get(key)
  if (known !== undefined) return known
  const cron = new Cron(expression.trim(), { timezone, paused: true })
  parsed.set(key, cron)
  return cron
}
