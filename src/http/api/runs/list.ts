import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Run } from '../../../domain/runs/run.ts'
import { runNotFound } from '../../../errors.ts'
import type { WaitLinks } from '../../../runs/execution/wait-links.ts'
import type { RunFilter } from '../../../store/runs/rows/records.ts'
import type { HideIn } from '../../../store/runs/rows/texts.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { parseText } from '../../wire/text.ts'
import { type ApiContext, checkRunId, findWorkflow, pageQuery } from '../common/api.ts'
import { type Disclosure, type Disclosures, discloseRun } from '../common/disclosure.ts'
import { presentPage, timeText } from '../common/present.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { presentRun, presentRunSummary, presentSearch } from './present.ts'
import { LastRuns, LastRunsQuery, RunPage, RunQuery, RunReadQuery, Run as RunSchema } from './schemas.ts'

const tags = ['Runs']

export const runListRoutes: readonly ApiRoute[] = [
  route.get(
    '/last-runs',
    {
      tags,
      summary: 'The newest runs of some workflows, newest first',
      description: 'Without test runs. A workflow that does not exist has none.',
      querystring: LastRunsQuery,
      response: { 200: LastRuns },
    },
    async ({ query }, { store }) => {
      const ids = query.workflow_ids.split(',').slice(0, MAX_WORKFLOWS)
      const runs = await store.runs.listLast(
        [...new Set(ids)].map((id) => parseText('workflow_ids', id)),
        query.count ?? 12,
      )
      return {
        data: runs.map(({ id, workflowId, status, reportsFailure, createdAt }) => ({
          id,
          workflow_id: workflowId,
          status,
          reported_failure: reportsFailure && status === 'succeeded',
          created_at: timeText(createdAt),
        })),
      }
    },
  ),

  route.get(
    '/workflows/:id/runs',
    { tags, summary: 'Runs of a workflow, newest first', querystring: RunQuery, response: { 200: RunPage } },
    async (request, context) => {
      const { id } = await findWorkflow(context.store, request.params.id)
      return await listRuns(context, request, request.query, id)
    },
  ),

  route.get(
    '/runs',
    { tags, summary: 'Runs of all workflows, newest first', querystring: RunQuery, response: { 200: RunPage } },
    async (request, context) => await withNames(context.store, await listRuns(context, request, request.query)),
  ),

  route.get(
    '/runs/:id',
    { tags, summary: 'Read a run', querystring: RunReadQuery, response: { 200: RunSchema } },
    async (request, context) => {
      const run = await findRun(context.store, request.params.id)
      return await showRun(context, request, run, request.query.max_body_bytes)
    },
  ),
]

export async function showRun(
  { runner, disclosures }: Pick<ApiContext, 'runner' | 'disclosures'>,
  request: FastifyRequest,
  run: Run,
  maxBodyBytes?: number,
) {
  const show = await disclosures.to(request, run.workflowId)
  const mayRun = may(request, 'run')
  const shown = presentRun(await discloseRun(run, show, maxBodyBytes), mayRun, maxBodyBytes)
  return mayRun ? withWaitUrls(shown, run, runner.waitLinks) : shown
}

async function listRuns(
  { store, runner, disclosures, searchTurns }: ApiContext,
  request: FastifyRequest,
  query: Static<typeof RunQuery>,
  workflowId?: string,
) {
  const filter = { ...readFilter(query), workflowId }
  const q = parseText('q', query.q ?? '')
  const mayRun = may(request, 'run')
  const present = (run: Run) =>
    mayRun ? withWaitUrls(presentRunSummary(run), run, runner.waitLinks) : presentRunSummary(run)
  if (q === '') return presentPage(await store.runs.list(filter, pageQuery(query)), present)
  const hideIn = hiderOf(disclosures, request)
  const found = await searchTurns(actorOf(request).id, () => store.runs.search(filter, q, pageQuery(query), hideIn))
  return presentSearch(found, present)
}

/** The URL of a wait is a credential. */
function withWaitUrls<T extends ReturnType<typeof presentRunSummary>>(
  shown: T,
  { id, retryOf }: Run,
  links: WaitLinks,
): T {
  const { waiting_for } = shown
  if (waiting_for === null) return shown
  const urlOf = (name: string) => links.urlOf(retryOf ?? id, name)
  return {
    ...shown,
    waiting_for: waiting_for.map((wait) => (wait.kind === 'event' ? { ...wait, url: urlOf(wait.name) } : wait)),
  }
}

function hiderOf(disclosures: Disclosures, request: FastifyRequest): HideIn {
  const shows = new Map<string, Disclosure>()
  return async (workflowId) => {
    const show = shows.get(workflowId) ?? (await disclosures.to(request, workflowId))
    shows.set(workflowId, show)
    return show.isWhole ? null : show.text
  }
}

export async function findRun(store: Store, id: string): Promise<Run> {
  const run = await store.runs.get(checkRunId(id))
  if (run === null) throw runNotFound(id)
  return run
}

async function withNames<T extends { data: readonly { workflow_id: string }[] }>(store: Store, page: T) {
  const names = await store.workflows.getNames([...new Set(page.data.map((run) => run.workflow_id))])
  return { ...page, data: page.data.map((run) => ({ ...run, workflow_name: names.get(run.workflow_id) ?? null })) }
}

const MAX_WORKFLOWS = 200

export function readFilter(query: Omit<Static<typeof RunQuery>, 'q' | 'limit' | 'cursor'>): RunFilter {
  const { status, trigger, failing, tests, replay_of, since, until, status_code, version, label, min_ms, waiting_for } =
    query
  const replayOf = replay_of === undefined ? undefined : checkRunId(replay_of)
  const times = { since: readTime('since', since), until: readTime('until', until), minMs: min_ms }
  const wakeBefore = readTime('wake_before', query.wake_before)
  return {
    status,
    trigger,
    failing,
    tests,
    replayOf,
    ...times,
    statusCode: status_code,
    version,
    label: label && parseText('label', label),
    waitingFor: waiting_for,
    wakeBefore,
  }
}
