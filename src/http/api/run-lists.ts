/** Runs as lists and whole. */

import type { Static } from 'typebox'
import type { Run } from '../../domain/run.ts'
import { UserError } from '../../errors.ts'
import type { RunFilter, Store } from '../../store/store.ts'
import { presentPage, presentRun, presentRunSummary, presentSearch } from '../presenters.ts'
import { answers, IdParams, RunPage, RunQuery, Run as RunSchema } from '../schemas.ts'
import { type Api, type ApiContext, checkRunId, checkText, findWorkflow, may, pageQuery } from './api.ts'

const tags = ['Runs']

export function addRunListRoutes(app: Api, { store }: ApiContext): void {
  app.get(
    '/workflows/:id/runs',
    {
      schema: {
        tags,
        summary: 'Runs of a workflow, newest first',
        params: IdParams,
        querystring: RunQuery,
        response: answers(200, RunPage),
      },
    },
    async ({ params, query }) => {
      const { id } = await findWorkflow(store, params.id)
      return await readRuns(store, query, id)
    },
  )

  app.get(
    '/runs',
    {
      schema: {
        tags,
        summary: 'Runs of all workflows, newest first',
        querystring: RunQuery,
        response: answers(200, RunPage),
      },
    },
    async ({ query }) => await readRuns(store, query),
  )

  app.get(
    '/runs/:id',
    { schema: { tags, summary: 'Read a run', params: IdParams, response: answers(200, RunSchema) } },
    async (request) => presentRun(await findRun(store, request.params.id), may(request, 'run')),
  )
}

export async function findRun(store: Store, id: string): Promise<Run> {
  const run = await store.getRun(checkRunId(id))
  if (run === null) throw new UserError('not_found', `There is no run ${JSON.stringify(id)}.`)
  return run
}

async function readRuns(store: Store, query: Static<typeof RunQuery>, workflowId?: string) {
  const filter = { ...readFilter(query), workflowId }
  const q = checkText('q', query.q ?? '')
  if (q !== '') return presentSearch(await store.searchRuns(filter, q, pageQuery(query)))
  return presentPage(await store.listRuns(filter, pageQuery(query)), presentRunSummary)
}

function readFilter({ status, trigger, failing, replay_of, since, until }: Static<typeof RunQuery>): RunFilter {
  const replayOf = replay_of === undefined ? undefined : checkRunId(replay_of)
  return { status, trigger, failing, replayOf, since: readTime('since', since), until: readTime('until', until) }
}

/** Milliseconds of an RFC 3339 time or date; throws `bad_request` naming the field. */
export function readTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  // A "+" in a query arrives as a blank when it was not escaped.
  const match = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+ -]\d{2}:?\d{2})?)?$/i.exec(text)
  const time = match === null ? Number.NaN : Date.parse(withZone(text))
  if (Number.isNaN(time)) {
    throw new UserError(
      'bad_request',
      `${field}: expected a time such as 2026-01-31T12:00:00Z, found ${JSON.stringify(text)}.`,
    )
  }
  return time
}

/** Times without a zone are UTC here, not the server's own. */
function withZone(text: string): string {
  const fixed = text.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T').replace(/ (\d{2}:?\d{2})$/, '+$1')
  return /T/i.test(fixed) && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(fixed) ? `${fixed}Z` : fixed
}
