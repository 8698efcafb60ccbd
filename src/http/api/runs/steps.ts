/** Routes of the steps and waits of durable runs. */

import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import type { Api, ApiContext } from '../common/api.ts'
import { discloseRun } from '../common/disclosure.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { IdParams } from '../common/schemas.ts'
import { findRun } from './list.ts'
import { presentRun, presentStep } from './present.ts'
import { Run, Steps, Wake } from './schemas.ts'

const tags = ['Runs']

export function addStepRoutes(app: Api, { store, runner, disclosures, changes }: ApiContext): void {
  app.get(
    '/runs/:id/steps',
    {
      schema: {
        tags,
        summary: 'Stored steps and waits of a durable run, with those of its earlier attempts',
        params: IdParams,
        response: documentedResponses(200, Steps),
      },
    },
    async ({ params }) => {
      const { id } = await findRun(store, params.id)
      return { data: (await store.listSteps(id)).map(presentStep) }
    },
  )

  app.post(
    '/runs/:id/wake',
    {
      config: { scope: 'run' },
      schema: {
        tags,
        summary: 'End the sleep of a waiting run, or the pause between two tries of its step',
        params: IdParams,
        body: Wake,
        response: documentedResponses(200, Run),
      },
    },
    async (request) => {
      const { id, workflowId } = await findRun(store, request.params.id)
      if (!(await runner.wakeRun(id, request.body.name ?? null, actorOf(request))))
        throw new UserError('conflict', `The run ${id} has no such sleep or pause to end.`)
      changes.announce({ workflowId, action: 'run.wake' })
      const run = await findRun(store, id)
      return presentRun(await discloseRun(run, await disclosures.to(request, workflowId)))
    },
  )
}
