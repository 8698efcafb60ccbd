import {
  isContinuous,
  MAX_PAUSE_SECONDS,
  nextTickAfter,
  type Overlap,
  type Policies,
  type Schedule,
} from './schedule.ts'

export type DueSchedule = {
  readonly schedule: Schedule
  readonly anchorAt: number
  readonly nextAt: number
  readonly active: number
  readonly queued: number
}

type PlannedTick = {
  readonly dueAt: number
  readonly outcome: 'ran' | 'skipped' | 'missed'
  readonly reason: string | null
}

export type Plan = { readonly ticks: readonly PlannedTick[]; readonly nextAt: number | null }

const MAX_CAUGHT_UP = 100
/** The next plan continues a longer outage. */
const MAX_TICKS = 1000

/** Ticks before `upSince` had no scheduler and follow `missed`, later ones `overlap`. */
export function planTicks(due: DueSchedule, now: number, upSince: number): Plan {
  const { schedule } = due
  if (isContinuous(schedule)) return planContinuous(due)
  const { times, nextAt } = dueTimes(due, now)
  const moreToCome = nextAt !== null && nextAt <= now
  const down = times.filter((time) => time < upSince)
  const live = times.filter((time) => time >= upSince)
  const caughtUp = catchUp(schedule, down, moreToCome)
  const started = caughtUp.filter(({ outcome }) => outcome === 'ran').length
  return { ticks: [...caughtUp, ...planLive({ ...due, ...schedule }, live, started)], nextAt }
}

/** The active run's end decides the next tick. */
function planContinuous({ nextAt, active }: DueSchedule): Plan {
  return { ticks: active > 0 ? [] : [{ dueAt: nextAt, outcome: 'ran', reason: null }], nextAt: null }
}

type Laid = { readonly anchorAt: number; readonly nextAt: number }

/** A wrong clock leaves the next tick too far ahead. Null: it is correct. */
export function layAnew(
  { schedule, anchorAt, nextAt }: Pick<DueSchedule, 'schedule' | 'anchorAt' | 'nextAt'>,
  now: number,
): Laid | null {
  if (isContinuous(schedule)) {
    return nextAt > now + MAX_PAUSE_SECONDS * 1000 ? { anchorAt: now, nextAt: now } : null
  }
  const anchor = 'every_seconds' in schedule ? anchorBefore(schedule.every_seconds * 1000, anchorAt, now) : anchorAt
  const next = nextTickAfter(schedule, anchor, now)
  return next === null || next >= nextAt ? null : { anchorAt: anchor, nextAt: next }
}

const anchorBefore = (period: number, anchorAt: number, now: number): number =>
  anchorAt <= now ? anchorAt : anchorAt - Math.ceil((anchorAt - now) / period) * period

function dueTimes(due: DueSchedule, now: number): { times: number[]; nextAt: number | null } {
  const times: number[] = []
  let next: number | null = due.nextAt
  while (next !== null && next <= now && times.length < MAX_TICKS) {
    times.push(next)
    next = nextTickAfter(due.schedule, due.anchorAt, next)
  }
  return { times, nextAt: next }
}

function catchUp({ missed }: Policies, times: readonly number[], moreToCome: boolean): PlannedTick[] {
  const wanted = { none: 0, last: moreToCome ? 0 : 1, all: MAX_CAUGHT_UP }[missed]
  return times.map((dueAt, index) =>
    index >= times.length - wanted
      ? { dueAt, outcome: 'ran', reason: 'caught up after the server was down' }
      : { dueAt, outcome: 'missed', reason: 'the server was down' },
  )
}

function planLive(due: DueSchedule & Policies, times: readonly number[], alreadyStarted: number): PlannedTick[] {
  let active = due.active + alreadyStarted
  let queued = due.queued + alreadyStarted
  return times.map((dueAt) => {
    const reason = whySkipped(due.overlap, active, queued)
    if (reason !== null) return { dueAt, outcome: 'skipped', reason }
    active += 1
    queued += 1
    return { dueAt, outcome: 'ran', reason: null }
  })
}

function whySkipped(overlap: Overlap, active: number, queued: number): string | null {
  if (overlap === 'skip' && active > 0) return 'overlap: the last run is still under way'
  if (overlap === 'queue' && queued > 0) return 'overlap: a run is waiting already'
  return null
}
