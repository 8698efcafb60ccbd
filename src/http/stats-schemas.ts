/** The shapes of what the API tells in numbers: runs over time, the first page, and a schedule's ticks to come. */

import { Type } from 'typebox'
import { nullable, strict, text, time } from './schema-parts.ts'
import { RunSummary } from './schemas.ts'

const boundedBy = (most: number, preset: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: preset, description }))
export const StatsQuery = strict({
  since: Type.Optional(text(40, 'RFC 3339; 24 hours before until when it is left out')),
  until: Type.Optional(text(40, 'RFC 3339; now when it is left out')),
  buckets: boundedBy(200, 48, 'Equal parts of the time, 1 to 200, 48 when it is left out'),
})
const milliseconds = () => nullable(Type.Number({ description: 'Of the newest 100 runs of the part that have ended' }))
export const RunStats = Type.Object({
  since: time(),
  until: time(),
  bucket_seconds: Type.Number(),
  data: Type.Array(
    Type.Object({
      starts_at: time(),
      total: Type.Integer(),
      failed: Type.Integer({ description: 'Those that `failing` lists' }),
      capped: Type.Boolean({ description: 'There were more than were counted' }),
      p50_ms: milliseconds(),
      p95_ms: milliseconds(),
    }),
  ),
})

const count = () => Type.Integer({ minimum: 0 })
export const NextTicksParams = strict({
  count: boundedBy(100, 10, 'How many, 1 to 100, 10 when it is left out'),
})
export const SchedulePreviewParams = strict({
  every_seconds: Type.Optional(Type.Integer({ minimum: 1 })),
  cron: Type.Optional(text(200)),
  timezone: Type.Optional(text(100, 'IANA name, UTC when it is left out')),
  ...NextTicksParams.properties,
})
export const UpcomingTick = Type.Object({
  due_at: time(),
  utc_offset_minutes: Type.Integer({ description: 'Of the zone at that moment; 0 for an interval' }),
  clock_change: nullable(
    Type.Enum(['forward', 'back'], {
      description: 'The clock of the zone is moved between the tick before and this one',
    }),
  ),
  moved: Type.Boolean({ description: 'Its local time does not exist on that day: it runs at the next one that does' }),
})
export const TickDaysQuery = strict({
  timezone: Type.Optional(text(100, 'Whose days; that of the schedule, or UTC, when it is left out')),
  days: boundedBy(371, 84, 'Up to today, 1 to 371, 84 when it is left out'),
})
export const TickDay = Type.Object({
  starts_at: time(),
  ran: count(),
  skipped: count(),
  missed: count(),
  failed: Type.Integer({ minimum: 0, description: 'Scheduled runs of the day that `failing` lists' }),
})

const WorkflowName = Type.Object({ id: Type.String(), name: Type.String() })
export const Home = Type.Object({
  since: time(),
  runs: Type.Object({ total: count(), failed: count() }),
  failing: Type.Array(
    Type.Object({
      workflow: WorkflowName,
      total: count(),
      failed: count(),
      recovered: Type.Boolean(),
      last: RunSummary,
    }),
  ),
  running: Type.Array(Type.Object({ workflow: WorkflowName, run: RunSummary })),
  next: Type.Array(Type.Object({ workflow: WorkflowName, due_at: time() })),
})
