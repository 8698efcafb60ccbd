import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { strict, text } from '../shared/schemas.ts'
import { MISSED_POLICIES, OVERLAPS, type Schedule, validateSchedule } from './schedule.ts'

export const ScheduleSchema = strict(
  {
    every_seconds: Type.Optional(Type.Integer({ minimum: 1 })),
    cron: Type.Optional(text(200)),
    timezone: Type.Optional(text(100, 'IANA name, UTC when it is left out')),
    overlap: Type.Optional(Type.Enum([...OVERLAPS])),
    missed: Type.Optional(Type.Enum([...MISSED_POLICIES])),
  },
  { description: 'Either every_seconds, or cron with its timezone' },
)

const policies = { overlap: Type.Enum([...OVERLAPS]), missed: Type.Enum([...MISSED_POLICIES]) }

export const ShownScheduleSchema = Type.Union([
  Type.Object({ every_seconds: Type.Integer(), ...policies }),
  Type.Object({ cron: Type.String(), timezone: Type.String(), ...policies }),
])

export function parseSchedule(sent: Static<typeof ScheduleSchema> | null): Schedule | null {
  if (sent === null) return null
  const { every_seconds, cron, timezone, overlap = 'skip', missed = 'last' } = sent
  if ((every_seconds === undefined) === (cron === undefined)) {
    throw new UserError('bad_request', 'schedule: expected either every_seconds or cron, found both or neither.')
  }
  if (every_seconds !== undefined && timezone !== undefined) {
    throw new UserError('bad_request', 'schedule: expected timezone only with cron, found it with every_seconds.')
  }
  const policies = { overlap, missed }
  const schedule: Schedule =
    every_seconds === undefined
      ? { cron: cron ?? '', timezone: timezone ?? 'UTC', ...policies }
      : { every_seconds, ...policies }
  const problem = validateSchedule(schedule)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  return schedule
}
