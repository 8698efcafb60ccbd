/** Canaries: a share of a hook's calls runs a candidate for real, until a person or its failures end that. */

import { deploymentChange, deploymentDetail } from '../../../deploy/audit-line.ts'
import { type GateOptions, passGate } from '../../../deploy/gate.ts'
import { checkLoads, settlePackages } from '../../../deploy/packages.ts'
import type { Canary, CanarySide } from '../../../domain/trials/canary.ts'
import type { Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { CanaryState } from '../../../store/trials/canaries.ts'
import { type Api, type ApiContext, findWorkflow, gateOptions, recorded } from '../common/api.ts'
import { timeOrNull, timeText } from '../common/present.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { IdParams, NoFields } from '../common/schemas.ts'
import { CanaryPromote, Canary as CanarySchema } from './canary-schemas.ts'

const tags = ['Trials']

export function addCanaryRoutes(app: Api, context: ApiContext): void {
  addReadRoute(app, context)
  addPromoteRoute(app, context)
  addAbortRoute(app, context)
}

function addReadRoute(app: Api, { store }: ApiContext): void {
  app.get(
    '/workflows/:id/canary',
    {
      schema: {
        tags,
        summary: 'The canary of a workflow, or its last one: both versions side by side',
        description: 'Of the newest 5,000 calls of each version that have ended; times of the newest 1,000.',
        params: IdParams,
        response: documentedResponses(200, CanarySchema),
      },
    },
    async ({ params }) => presentCanary(await findWorkflow(store, params.id), await store.findCanary(params.id)),
  )
}

function addPromoteRoute(app: Api, context: ApiContext): void {
  const { store, now } = context
  app.post(
    '/workflows/:id/canary/promote',
    {
      schema: {
        tags,
        summary: 'Deploy the candidate of a canary',
        description: 'As any deployment it passes the gate of the workflow first.',
        params: IdParams,
        body: CanaryPromote,
        response: documentedResponses(200, CanarySchema),
      },
    },
    async (request) => {
      const { workflow, canary } = await findRunning(context, request.params.id)
      const { force = false } = request.body
      await passGate(context, workflow, { version: canary.version }, gateOptions(request, force))
      const deployed = workflow.deployedVersion ?? 0
      if ((await findRunning(context, workflow.id)).canary.version !== canary.version) throw ended()
      await recorded(context, request, async (tx, note) => {
        await tx.deployVersion(workflow.id, canary.version, now(), { deployed })
        const detail = deploymentDetail(canary.version, workflow, force)
        await note('canary.promote', workflow.id, detail, deploymentChange(workflow.deployedVersion, canary.version))
      })
      return presentCanary(await findWorkflow(store, workflow.id), await store.findCanary(workflow.id))
    },
  )
}

function addAbortRoute(app: Api, context: ApiContext): void {
  const { store, now } = context
  app.post(
    '/workflows/:id/canary/abort',
    {
      schema: {
        tags,
        summary: 'End a canary: all calls run the deployed version',
        params: IdParams,
        body: NoFields,
        response: documentedResponses(200, CanarySchema),
      },
    },
    async (request) => {
      const { workflow, canary } = await findRunning(context, request.params.id)
      await recorded(context, request, async (tx, note) => {
        await tx.updateWorkflow(workflow.id, { canary: null }, now())
        await note('canary.abort', workflow.id, `version ${canary.version}`)
      })
      return presentCanary(await findWorkflow(store, workflow.id), await store.findCanary(workflow.id))
    },
  )
}

async function findRunning({ store }: ApiContext, id: string): Promise<{ workflow: Workflow; canary: Canary }> {
  const workflow = await findWorkflow(store, id)
  const { canary } = workflow
  if (canary === null) throw ended()
  return { workflow, canary }
}

const ended = (): UserError => new UserError('conflict', 'The workflow has no canary now: read it again.')

/**
 * Applies the checks of a deployment to the candidate. Throws `bad_request` for a version that
 * cannot be one, `load_error`, `environment_failed` or `gate_failed`.
 */
export async function checkCanary(
  context: ApiContext,
  workflow: Workflow,
  canary: Canary | null | undefined,
  gate: GateOptions,
): Promise<void> {
  if (canary == null || canary.version === workflow.canary?.version) return
  const { version: number } = canary
  if (workflow.deployedVersion === null || workflow.deployedVersion === number) {
    const found = workflow.deployedVersion === null ? 'none' : `version ${number}`
    throw new UserError(
      'bad_request',
      `canary.version: expected another version than the deployed one, found ${found}.`,
    )
  }
  const version = await context.store.getVersion(workflow.id, number)
  if (version === null)
    throw new UserError(
      'bad_request',
      `canary.version: expected a version of the workflow, found no version ${number}.`,
    )
  const settled = await settlePackages(context, workflow, version)
  await checkLoads(context, workflow, settled, settled.packages)
  await passGate(context, workflow, { version: number }, gate)
}

/** What the audit log says of a change of the field. */
export const canaryDetail = (canary: Canary | null | undefined): string =>
  canary == null ? '' : ` (version ${canary.version}, ${canary.percent} %)`

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
