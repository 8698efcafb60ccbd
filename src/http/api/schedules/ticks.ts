import { Type } from 'typebox'
import { parseSchedule } from '../../../domain/schedules/parse-schedule.ts'
import { validateSchedule } from '../../../domain/schedules/schedule.ts'
import { dayStarts, type UpcomingTick, upcomingTicks } from '../../../domain/schedules/upcoming.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { findWorkflow, pageQuery } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { PageParams, pageOf } from '../common/schemas.ts'
import { presentTick, presentTickDay, presentUpcoming } from './present.ts'
import {
  NextTicksParams,
  SchedulePreviewParams,
  Tick,
  TickDay,
  TickDaysQuery,
  UpcomingTick as UpcomingTickSchema,
} from './schemas.ts'

const tags = ['Schedules']
const PRESET_COUNT = 10
const PRESET_DAYS = 84
const response = { 200: pageOf(UpcomingTickSchema) }

export const tickRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/ticks',
    { tags, summary: 'Ticks of the schedule, newest first', querystring: PageParams, response: { 200: pageOf(Tick) } },
    async ({ params, query }, { store }) => {
      const { id } = await findWorkflow(store, params.id)
      return presentPage(await store.schedules.listTicks(id, pageQuery(query)), presentTick)
    },
  ),

  route.get(
    '/workflows/:id/tick-days',
    {
      tags,
      summary: 'How the ticks of each day went, oldest first',
      description: 'Days before the newest 50,000 ticks are left out.',
      querystring: TickDaysQuery,
      response: { 200: Type.Object({ timezone: Type.String(), data: Type.Array(TickDay) }) },
    },
    async ({ params, query }, { store, now }) => {
      const workflow = await findWorkflow(store, params.id)
      const timezone = query.timezone ?? zoneOf(workflow)
      const starts = dayStarts(checkZone(timezone), now(), query.days ?? PRESET_DAYS)
      return { timezone, data: (await store.schedules.countTicks(workflow.id, starts)).map(presentTickDay) }
    },
  ),

  route.get(
    '/workflows/:id/next-ticks',
    {
      tags,
      summary: 'The next ticks of the armed schedule; none while nothing ticks',
      querystring: NextTicksParams,
      response,
    },
    async ({ params, query }, { store }) => {
      const { id, schedule } = await findWorkflow(store, params.id)
      const nextAt = await store.schedules.getNextTick(id)
      // The next tick is on the same grid as the start.
      const known = schedule !== null && nextAt !== null
      return presentTicks(known ? upcomingTicks(schedule, nextAt, nextAt - 1, query.count ?? PRESET_COUNT) : [])
    },
  ),

  route.get(
    '/next-ticks',
    { tags, summary: 'The ticks that a schedule would have from now on', querystring: SchedulePreviewParams, response },
    async ({ query: { count = PRESET_COUNT, continuous, ...given } }, { now }) => {
      const schedule = parseSchedule(continuous === true ? { continuous, ...given } : given)
      return presentTicks(schedule === null ? [] : upcomingTicks(schedule, now(), now() - 1, count))
    },
  ),
]

const presentTicks = (ticks: readonly UpcomingTick[]) => ({ data: ticks.map(presentUpcoming), next_cursor: null })

const zoneOf = ({ schedule }: Workflow): string =>
  schedule !== null && 'timezone' in schedule ? schedule.timezone : 'UTC'

function checkZone(timezone: string): string {
  const problem = validateSchedule({ cron: '0 0 * * *', timezone, overlap: 'skip', missed: 'last' })
  if (problem !== null) throw new UserError('bad_request', `${problem.replace(/^schedule\./, '')}.`)
  return timezone
}
