/** The record of a schedule's ticks. */

import { presentPage, presentTick } from '../presenters.ts'
import { answers, IdParams, PageParams, pageOf, Tick } from '../schemas.ts'
import { type Api, type ApiContext, findWorkflow, pageQuery } from './api.ts'

export function addTickRoutes(app: Api, { store }: ApiContext): void {
  app.get(
    '/workflows/:id/ticks',
    {
      schema: {
        tags: ['Schedules'],
        summary: 'Ticks of the schedule, newest first',
        params: IdParams,
        querystring: PageParams,
        response: answers(200, pageOf(Tick)),
      },
    },
    async ({ params, query }) => {
      const { id } = await findWorkflow(store, params.id)
      return presentPage(await store.listTicks(id, pageQuery(query)), presentTick)
    },
  )
}
