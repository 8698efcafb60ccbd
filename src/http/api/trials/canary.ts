import { noCanary } from '../../../deploy/deployments.ts'
import type { Canary, CanarySide } from '../../../domain/trials/canary.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import type { CanaryState } from '../../../store/trials/canaries.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { type ApiContext, findWorkflow, recorded } from '../common/api.ts'
import { timeOrNull, timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoFields } from '../common/schemas.ts'
import { CanaryPromote, Canary as CanarySchema } from './canary-schemas.ts'

const tags = ['Trials']

export const canaryRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/canary',
    {
      tags,
      summary: 'The canary of a workflow, or its last one: both versions side by side',
      description: 'Counts cover the newest 5,000 ended calls of each version, and times the newest 1,000.',
      response: { 200: CanarySchema },
    },
    async ({ params }, { store }) =>
      presentCanary(await findWorkflow(store, params.id), await store.trials.findCanary(params.id)),
  ),

  route.post(
    '/workflows/:id/canary/promote',
    {
      tags,
      summary: 'Deploy the candidate of a canary',
      description: 'As any deployment it passes the gate of the workflow first.',
      body: CanaryPromote,
      response: { 200: CanarySchema },
    },
    async (request, context) => {
      const { workflow, canary } = await findRunning(context, request.params.id)
      const { force = false } = request.body
      await context.deployments.promote(workflow, canary, { by: actorOf(request), force })
      return presentCanary(
        await findWorkflow(context.store, workflow.id),
        await context.store.trials.findCanary(workflow.id),
      )
    },
  ),

  route.post(
    '/workflows/:id/canary/abort',
    {
      tags,
      summary: 'End a canary: all calls run the deployed version',
      body: NoFields,
      response: { 200: CanarySchema },
    },
    async (request, context) => {
      const { workflow, canary } = await findRunning(context, request.params.id)
      await recorded(context, request, async (tx, note) => {
        // Another one may have begun since.
        if ((await tx.trials.lockCanary(workflow.id))?.version !== canary.version) throw noCanary()
        await tx.workflows.update(workflow.id, { canary: null }, context.now())
        await note('canary.abort', workflow.id, `version ${canary.version}`)
      })
      return presentCanary(
        await findWorkflow(context.store, workflow.id),
        await context.store.trials.findCanary(workflow.id),
      )
    },
  ),
]

async function findRunning({ store }: ApiContext, id: string): Promise<{ workflow: Workflow; canary: Canary }> {
  const workflow = await findWorkflow(store, id)
  const { canary } = workflow
  if (canary === null) throw noCanary()
  return { workflow, canary }
}

const presentCanary = (workflow: Workflow, state: CanaryState | null) => ({
  canary: workflow.canary === null ? null : { ...workflow.canary },
  deployed_version: workflow.deployedVersion,
  last:
    state === null
      ? null
      : {
          version: state.version,
          started_at: timeText(state.startedAt),
          ended_at: timeOrNull(state.endedAt),
          outcome: state.outcome,
          deployed: presentSide(state.deployed),
          candidate: presentSide(state.candidate),
        },
})

const presentSide = ({ calls, failures, p50Ms, p95Ms }: CanarySide) => ({
  calls,
  failures,
  failure_ratio: calls === 0 ? null : failures / calls,
  p50_ms: p50Ms,
  p95_ms: p95Ms,
})
