import { UserError } from '../../../errors.ts'
import type { DeadGroup } from '../../../store/runs/dead-letters.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { checkRunId, findWorkflow, pageQuery, recorded } from '../common/api.ts'
import { assertMayEdit } from '../common/editors.ts'
import { presentPage, timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { PageParams, pageOf } from '../common/schemas.ts'
import {
  Attempts,
  DeadGroupQuery,
  DeadGroup as DeadGroupSchema,
  DeadRunBody,
  Dismissed,
  Replayed,
} from './dead-letter-schemas.ts'
import { findRun } from './list.ts'
import { presentRunSummary } from './present.ts'
import { RunSummary } from './schemas.ts'

const tags = ['Dead letters']
const config = { scope: 'run' } as const
const GROUP_ID = /^dead_[0-9a-f]{32}$/

export const deadLetterRoutes: readonly ApiRoute[] = [
  route.get(
    '/dead-letters',
    {
      tags,
      summary: 'Runs without a waiting caller whose last attempt failed, grouped by error',
      querystring: DeadGroupQuery,
      response: { 200: pageOf(DeadGroupSchema) },
    },
    async ({ query }, { store }) => {
      const { workflow_id } = query
      const workflowId = workflow_id === undefined ? undefined : (await findWorkflow(store, workflow_id)).id
      return presentPage(await store.runs.listDeadGroups({ workflowId }, pageQuery(query)), presentDeadGroup)
    },
  ),

  route.get(
    '/dead-letters/:id/runs',
    {
      tags,
      summary: 'The runs of a group, newest first',
      querystring: PageParams,
      response: { 200: pageOf(RunSummary) },
    },
    async ({ params, query }, { store }) => {
      if (!GROUP_ID.test(params.id)) throw noGroup(params.id)
      return presentPage(await store.runs.listDeadRuns(params.id, pageQuery(query)), presentRunSummary)
    },
  ),

  route.get(
    '/runs/:id/attempts',
    { tags, summary: 'All attempts of a run, first to last', response: { 200: Attempts } },
    async ({ params }, { store }) => {
      const { id } = await findRun(store, params.id)
      return { data: (await store.runs.listAttempts(id)).map(presentRunSummary), next_cursor: null }
    },
  ),

  route.post(
    '/dead-letters/:id/replay',
    {
      config,
      tags,
      summary: 'Queue one dead letter or a group again, on the deployed version',
      body: DeadRunBody,
      response: { 202: Replayed },
    },
    async (request, context, reply) => {
      const group = await findGroup(context.store, request.params.id)
      await assertMayEdit(context, request, group.workflowId)
      const { run_id = null } = request.body
      if (run_id !== null) await checkMember(context.store, group, run_id)
      const { id: groupId, workflowId } = group
      const replayed = await context.runner.replayDead({ groupId, workflowId, runId: run_id, by: actorOf(request) })
      const remaining = await countOf(context.store, group.id)
      if (replayed > 0) context.changes.announce({ workflowId, action: 'dead_letters.replay' })
      reply.code(202)
      return { replayed, remaining }
    },
  ),

  route.post(
    '/dead-letters/:id/dismiss',
    {
      config,
      tags,
      summary: 'Forget one dead letter or a group. The runs stay',
      body: DeadRunBody,
      response: { 200: Dismissed },
    },
    async (request, context) => {
      const group = await findGroup(context.store, request.params.id)
      await assertMayEdit(context, request, group.workflowId)
      const { run_id = null } = request.body
      if (run_id !== null) await checkMember(context.store, group, run_id)
      return await recorded(context, request, async (tx, note) => {
        const dismissed = await tx.runs.dismissDeadRuns(group.id, run_id)
        await note('dead_letters.dismiss', group.workflowId, `${dismissed} of ${group.id}`)
        return { dismissed }
      })
    },
  ),
]

function presentDeadGroup({
  id,
  workflowId,
  workflowName,
  code,
  message,
  count,
  firstAt,
  lastAt,
  lastRunId,
}: DeadGroup) {
  return {
    id,
    workflow_id: workflowId,
    workflow_name: workflowName,
    code,
    message,
    count,
    first_at: timeText(firstAt),
    last_at: timeText(lastAt),
    last_run_id: lastRunId,
  }
}

async function findGroup(store: Store, id: string): Promise<DeadGroup> {
  const page = GROUP_ID.test(id) ? await store.runs.listDeadGroups({ groupId: id }, { limit: 1, cursor: null }) : null
  const [group] = page?.data ?? []
  if (group !== undefined) return group
  throw noGroup(id)
}

const noGroup = (id: string): UserError =>
  new UserError('not_found', `There is no group of dead letters ${JSON.stringify(id.slice(0, 100))} (any more).`)

async function checkMember(store: Store, { id }: DeadGroup, runId: string): Promise<void> {
  if (await store.runs.isDead(id, checkRunId(runId))) return
  throw new UserError('not_found', `The group has no run ${JSON.stringify(runId)} (any more).`)
}

async function countOf(store: Store, groupId: string): Promise<number> {
  const { data } = await store.runs.listDeadGroups({ groupId }, { limit: 1, cursor: null })
  return data[0]?.count ?? 0
}
