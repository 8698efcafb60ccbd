import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { isFinal } from '../../../domain/runs/run.ts'
import { UserError } from '../../../errors.ts'
import type { RunFilter } from '../../../store/runs/rows/records.ts'
import type { Store } from '../../../store/store.ts'
import { type ApiContext, checkRunId, findWorkflow, recorded } from '../common/api.ts'
import { mayEdit } from '../common/editors.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent } from '../common/schemas.ts'
import { findRun, readFilter } from './list.ts'
import { RunDeletion, RunDeletionResult } from './schemas.ts'

const tags = ['Runs']
/** A call must end within seconds. */
const MAX_DELETED = 1000
const PAGE = 200
/** Small transactions delay other writes less. */
const DELETED_TOGETHER = 50

export const runDeletionRoutes: readonly ApiRoute[] = [
  route.delete(
    '/runs/:id',
    { tags, summary: 'Delete a run that has ended', response: { 204: NoContent } },
    async (request, context, reply) => {
      const { id, workflowId } = await findRun(context.store, request.params.id)
      await recorded(context, request, async (tx, note) => {
        const deleted = await tx.upkeep.deleteRuns([id])
        if (deleted.length === 0) throw new UserError('conflict', `The run ${id} has not ended: cancel it first.`)
        await note('run.delete', workflowId, id)
      })
      reply.code(204)
    },
  ),

  route.post(
    '/runs/delete',
    {
      tags,
      summary: 'Delete runs that have ended, by id or by filter',
      body: RunDeletion,
      response: { 200: RunDeletionResult },
    },
    async (request, context) => {
      const { ids, filter } = request.body
      if ((ids === undefined) === (filter === undefined)) {
        throw new UserError('bad_request', 'Expected either ids or filter.')
      }
      const mayDelete = createJudge(context, request)
      if (ids !== undefined) return await deleteByIds(context, request, ids, mayDelete)
      const found = await readDeletionFilter(context.store, filter ?? {})
      const what = `by ${Object.keys(filter ?? {}).join(', ') || 'no filter'}`
      const deleted = await deleteRuns(context, request, await listEnded(context.store, found, mayDelete), what)
      return { deleted: deleted.length, remaining: (await listEnded(context.store, found, mayDelete)).length }
    },
  ),
]

type Deletion = Static<typeof RunDeletionResult>

async function readDeletionFilter(
  store: Store,
  { workflow_id, ...fields }: NonNullable<Static<typeof RunDeletion>['filter']>,
): Promise<RunFilter> {
  const workflowId = workflow_id === undefined ? undefined : (await findWorkflow(store, workflow_id)).id
  return { ...readFilter(fields), workflowId }
}

type Judge = (workflowId: string) => Promise<boolean>

function createJudge(context: ApiContext, request: FastifyRequest): Judge {
  const known = new Map<string, Promise<boolean>>()
  const judge = async (workflowId: string) => {
    const workflow = await context.store.workflows.get(workflowId)
    return workflow !== null && (await mayEdit(context, request, workflow))
  }
  return (workflowId) => {
    const found = known.get(workflowId) ?? judge(workflowId)
    known.set(workflowId, found)
    return found
  }
}

async function deleteRuns(
  context: ApiContext,
  request: FastifyRequest,
  ids: readonly string[],
  what: string,
): Promise<readonly string[]> {
  const all: string[] = []
  for (let start = 0; start < ids.length; start += DELETED_TOGETHER) {
    const batch = ids.slice(start, start + DELETED_TOGETHER)
    const deleted = await recorded(context, request, async (tx, note) => {
      const ended = await tx.upkeep.deleteRuns(batch)
      if (ended.length > 0) await note('runs.delete', null, `${ended.length} ${what}`)
      return ended
    })
    all.push(...deleted)
  }
  return all
}

async function deleteByIds(
  context: ApiContext,
  request: FastifyRequest,
  given: readonly string[],
  mayDelete: Judge,
): Promise<Deletion> {
  const { store } = context
  const ids = [...new Set(given.map(checkRunId))]
  for (const id of ids) {
    const run = await store.runs.get(id)
    if (run !== null && !(await mayDelete(run.workflowId))) {
      throw new UserError('forbidden', `The workflow of ${id} is restricted to its editors and to owners.`)
    }
  }
  const deleted = new Set(await deleteRuns(context, request, ids, 'by id'))
  const left = await Promise.all(ids.filter((id) => !deleted.has(id)).map((id) => store.runs.get(id)))
  return { deleted: deleted.size, remaining: left.filter((run) => run !== null).length }
}

async function listEnded(store: Store, filter: RunFilter, mayDelete: Judge): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['runs']['list']>> = await store.runs.list(filter, { limit: PAGE, cursor })
    for (const { id, status, workflowId } of page.data) {
      if (isFinal(status) && (await mayDelete(workflowId))) ids.push(id)
    }
    cursor = page.nextCursor
  } while (cursor !== null && ids.length < MAX_DELETED)
  return ids.slice(0, MAX_DELETED)
}
