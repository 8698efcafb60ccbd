import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { strict, text } from '../shared/schemas.ts'
import { MAX_PAUSE_SECONDS, MISSED_POLICIES, OVERLAPS, type Schedule, validateSchedule } from './schedule.ts'

/** OpenAPI has no constants. */
const Continuous = Type.Unsafe<true>({
  type: 'boolean',
  enum: [true],
  description: 'The next run starts pause_seconds after the end of the last one',
})

export const ScheduleSchema = strict(
  {
    every_seconds: Type.Optional(Type.Integer({ minimum: 1 })),
    cron: Type.Optional(text(200)),
    timezone: Type.Optional(text(100, 'IANA name, UTC when it is left out')),
    overlap: Type.Optional(Type.Enum([...OVERLAPS])),
    missed: Type.Optional(Type.Enum([...MISSED_POLICIES])),
    continuous: Type.Optional(Continuous),
    pause_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_PAUSE_SECONDS,
        description: 'Only with continuous. 1 when it is left out',
      }),
    ),
  },
  { description: 'Either every_seconds, or cron with its timezone, or continuous' },
)

const policies = { overlap: Type.Enum([...OVERLAPS]), missed: Type.Enum([...MISSED_POLICIES]) }

export const ShownScheduleSchema = Type.Union([
  Type.Object({ every_seconds: Type.Integer(), ...policies }),
  Type.Object({ cron: Type.String(), timezone: Type.String(), ...policies }),
  Type.Object({ continuous: Continuous, pause_seconds: Type.Integer() }),
])

export function parseSchedule(sent: Static<typeof ScheduleSchema> | null): Schedule | null {
  if (sent === null) return null
  if (sent.continuous !== undefined) return parseContinuous(sent)
  if (sent.pause_seconds !== undefined) {
    throw new UserError('bad_request', 'schedule: expected pause_seconds only with continuous.')
  }
  const { every_seconds, cron, timezone, overlap = 'skip', missed = 'last' } = sent
  if ((every_seconds === undefined) === (cron === undefined)) {
    throw new UserError(
      'bad_request',
      'schedule: expected either every_seconds or cron, or continuous, found several or none.',
    )
  }
  if (every_seconds !== undefined && timezone !== undefined) {
    throw new UserError('bad_request', 'schedule: expected timezone only with cron, found it with every_seconds.')
  }
  const policies = { overlap, missed }
  const schedule =
    every_seconds === undefined
      ? { cron: cron ?? '', timezone: timezone ?? 'UTC', ...policies }
      : { every_seconds, ...policies }
  const problem = validateSchedule(schedule)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  return schedule
}

const NOT_WITH_CONTINUOUS = ['every_seconds', 'cron', 'timezone', 'overlap', 'missed'] as const

function parseContinuous(sent: Static<typeof ScheduleSchema>): Schedule {
  const found = NOT_WITH_CONTINUOUS.find((name) => sent[name] !== undefined)
  if (found !== undefined) {
    throw new UserError('bad_request', `schedule: expected continuous without ${found}: one run follows the other.`)
  }
  return { continuous: true, pause_seconds: sent.pause_seconds ?? 1 }
}
