import { Type } from 'typebox'
import { MAX_PAUSE_SECONDS } from '../../../domain/schedules/schedule.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { boundedBy, count } from '../common/schemas.ts'

export const Tick = Type.Object({
  due_at: time(),
  outcome: Type.Enum(['ran', 'skipped', 'missed']),
  reason: nullable(Type.String()),
  run_id: nullable(Type.String()),
})

export const NextTicksParams = strict({
  count: boundedBy(100, 10, 'How many, 1 to 100, 10 when it is left out'),
})

export const SchedulePreviewParams = strict({
  every_seconds: Type.Optional(Type.Integer({ minimum: 1 })),
  cron: Type.Optional(text(200)),
  timezone: Type.Optional(text(100, 'IANA name, UTC when it is left out')),
  continuous: Type.Optional(Type.Boolean()),
  pause_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_PAUSE_SECONDS })),
  ...NextTicksParams.properties,
})

export const UpcomingTick = Type.Object({
  due_at: time(),
  utc_offset_minutes: Type.Integer({ description: 'Offset of the zone at that moment; 0 for an interval' }),
  clock_change: nullable(
    Type.Enum(['forward', 'back'], {
      description: 'The clock of the zone is moved between the tick before and this one',
    }),
  ),
  moved: Type.Boolean({ description: 'Its local time does not exist on that day: it runs at the next one that does' }),
})

export const TickDaysQuery = strict({
  timezone: Type.Optional(text(100, "Time zone of the days. Default: the schedule's time zone, or UTC")),
  days: boundedBy(371, 84, 'Up to today, 1 to 371, 84 when it is left out'),
})

export const TickDay = Type.Object({
  starts_at: time(),
  ran: count(),
  skipped: count(),
  missed: count(),
  failed: Type.Integer({ minimum: 0, description: 'Scheduled runs of the day that `failing` lists' }),
})
