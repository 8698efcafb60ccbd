import type { UpcomingTick } from '../../../domain/schedules/upcoming.ts'
import type { Tick, TickDay } from '../../../store/schedules/tick-lists.ts'
import { timeText } from '../common/present.ts'

export function presentTick({ dueAt, outcome, reason, runId }: Tick) {
  return { due_at: timeText(dueAt), outcome, reason, run_id: runId }
}

export function presentUpcoming({ dueAt, offsetMinutes, clockChange, moved }: UpcomingTick) {
  return { due_at: timeText(dueAt), utc_offset_minutes: offsetMinutes, clock_change: clockChange, moved }
}

export function presentTickDay({ startsAt, ran, skipped, missed, failed }: TickDay) {
  return { starts_at: timeText(startsAt), ran, skipped, missed, failed }
}
