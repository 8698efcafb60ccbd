/** A schedule as the API takes it, made whole. */

import type { Static } from 'typebox'
import { validateSchedule } from '../../../domain/schedules/schedule.ts'
import type { Kind, Schedule } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { Schedule as ScheduleSchema } from './schemas.ts'

/** Fills in the defaults; throws `bad_request` for what is no schedule, or has no place on this kind of workflow. */
export function readSchedule(given: Static<typeof ScheduleSchema> | null, kind: Kind): Schedule | null {
  if (given === null) return null
  if (kind === 'catch') {
    throw new UserError(
      'bad_request',
      'schedule: expected none on a catch workflow, which runs when its hook is called.',
    )
  }
  const { every_seconds, cron, timezone, overlap = 'skip', missed = 'last' } = given
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
