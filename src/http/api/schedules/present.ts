import type { UpcomingTick } from '../../../domain/schedules/upcoming.ts'
import type { Tick, TickDay } from '../../../store/schedules/tick-lists.ts'
import { timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { TickDay as TickDaySchema, Tick as TickSchema, UpcomingTick as UpcomingTickSchema } from './schemas.ts'

export function presentTick({ dueAt, outcome, reason, runId }: Tick) {
  return { due_at: timeText(dueAt), outcome, reason, run_id: runId } satisfies Shown<typeof TickSchema>
}

export function presentUpcoming({ dueAt, offsetMinutes, clockChange, moved }: UpcomingTick) {
  return {
    due_at: timeText(dueAt),
    utc_offset_minutes: offsetMinutes,
    clock_change: clockChange,
    moved,
  } satisfies Shown<typeof UpcomingTickSchema>
}

export function presentTickDay({ startsAt, ran, skipped, missed, failed }: TickDay) {
  return { starts_at: timeText(startsAt), ran, skipped, missed, failed } satisfies Shown<typeof TickDaySchema>
}
