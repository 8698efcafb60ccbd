/** Runs: start one by hand, list, read, replay, cancel. */

import type { Static } from 'typebox'
import type { Run } from '../../domain/run.ts'
import { isFinal } from '../../domain/run.ts'
import { UserError } from '../../errors.ts'
import type { RunFilter } from '../../store/store.ts'
import { memberText } from '../json-text.ts'
import { presentPage, presentRun, presentRunSummary } from '../presenters.ts'
import { answers, IdParams, pageOf, ReplayCreate, Run as RunSchema, RunCreate, RunQuery, RunSummary } from '../schemas.ts'
import { type Api, type ApiContext, actorOf, audit, checkRunId, findWorkflow, pageQuery } from './api.ts'
import { readManualRequest } from './manual-request.ts'
import { checkSource } from './versions.ts'

const tags = ['Runs']
/** A manual run's request holds a body of up to 32 MiB, as JSON. */
const RUN_BODY_BYTES = 72 * 1024 * 1024
const CANCEL_WAIT_MS = 5000

export function addRunRoutes(app: Api, context: ApiContext): void {
  const { store, runner } = context

  app.post(
    '/workflows/:id/runs',
    {
      bodyLimit: RUN_BODY_BYTES,
      schema: { tags, summary: 'Run now, and wait for the end', params: IdParams, body: RunCreate, response: answers(200, RunSchema) },
    },
    async (request) => {
      const workflow = await findWorkflow(store, request.params.id)
      const { version = null, source = null, keep_settings = source === null } = request.body
      if (source !== null && version !== null) {
        throw new UserError('bad_request', 'Expected either source or version, found both.')
      }
      if (source !== null) checkSource(source)
      const given = request.body.request ?? null
      const text = memberText(request.bodyText, 'request') ?? 'null'
      const manual = await readManualRequest(workflow, given, text)
      const run = await runner.runManual({ workflow, request: manual, version, source, keepSettings: keep_settings })
      await audit(context, request, 'run.start', workflow.id, run.id)
      return presentRun(run)
    },
  )

  app.get(
    '/workflows/:id/runs',
    { schema: { tags, summary: 'Runs of a workflow, newest first', params: IdParams, querystring: RunQuery, response: answers(200, pageOf(RunSummary)) } },
    async ({ params, query }) => {
      const { id } = await findWorkflow(store, params.id)
      return presentPage(await store.listRuns({ ...readFilter(query), workflowId: id }, pageQuery(query)), presentRunSummary)
    },
  )

  app.get(
    '/runs',
    { schema: { tags, summary: 'Runs of all workflows, newest first', querystring: RunQuery, response: answers(200, pageOf(RunSummary)) } },
    async ({ query }) => presentPage(await store.listRuns(readFilter(query), pageQuery(query)), presentRunSummary),
  )

  app.get(
    '/runs/:id',
    { schema: { tags, summary: 'Read a run', params: IdParams, response: answers(200, RunSchema) } },
    async ({ params }) => presentRun(await findRun(context, params.id)),
  )

  app.post(
    '/runs/:id/replay',
    { schema: { tags, summary: 'The same request again as a new run', params: IdParams, body: ReplayCreate, response: answers(200, RunSchema) } },
    async (request) => {
      const { workflowId, id } = await findRun(context, request.params.id)
      const run = await runner.replay(id, request.body.version ?? null)
      await audit(context, request, 'run.replay', workflowId, `${id} as ${run.id}`)
      return presentRun(run)
    },
  )

  app.post(
    '/runs/:id/cancel',
    { schema: { tags, summary: 'Stop a run', params: IdParams, response: answers(200, RunSchema) } },
    async (request) => {
      const { workflowId, id } = await findRun(context, request.params.id)
      const ended = untilEnded(context, id)
      const cancelled = await runner.cancel(id, actorOf(request))
      if (!cancelled) throw new UserError('conflict', `The run ${id} has already ended: there is nothing to stop.`)
      await audit(context, request, 'run.cancel', workflowId, id)
      await ended
      return presentRun(await findRun(context, id))
    },
  )
}

export async function findRun({ store }: ApiContext, id: string): Promise<Run> {
  const run = await store.getRun(checkRunId(id))
  if (run === null) throw new UserError('not_found', `There is no run ${JSON.stringify(id)}.`)
  return run
}

/** Resolves when a run that is under way here has been committed; soon for any other. */
function untilEnded({ runner }: ApiContext, id: string): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CANCEL_WAIT_MS)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    if (runner.watchLogs(id, () => {}, end) === null) end()
  })
}

function readFilter({ status, trigger, since, until }: Static<typeof RunQuery>): RunFilter {
  return { status, trigger, since: readTime('since', since), until: readTime('until', until) }
}

function readTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  // A "+" in a query arrives as a blank when it was not escaped.
  const match = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+ -]\d{2}:?\d{2})?)?$/i.exec(text)
  const time = match === null ? Number.NaN : Date.parse(withZone(text))
  if (Number.isNaN(time)) {
    throw new UserError('bad_request', `${field}: expected a time such as 2026-01-31T12:00:00Z, found ${JSON.stringify(text)}.`)
  }
  return time
}

/** Times without a zone are UTC here, not the server's own. */
function withZone(text: string): string {
  const fixed = text.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T').replace(/ (\d{2}:?\d{2})$/, '+$1')
  return /T/i.test(fixed) && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(fixed) ? `${fixed}Z` : fixed
}

export const isEnded = (run: Run): boolean => isFinal(run.status)
