import type { Static } from 'typebox'
import type { Run } from '../../../domain/runs/run.ts'
import { UserError } from '../../../errors.ts'
import type { RunCounts, RunTotals, StatsQuery } from '../../../store/runs/rows/records.ts'
import type { Store } from '../../../store/store.ts'
import { presentSilence } from '../alerts/silences.ts'
import { type ApiContext, findWorkflow } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { presentBucket, presentRunSummary } from './present.ts'
import { Home, HomeQuery, RunStats, StatsQuery as StatsQuerySchema } from './stats-schemas.ts'

const tags = ['Runs']
const DAY_MS = 86_400_000
const MAX_PERIOD_MS = 366 * DAY_MS
const PRESET_BUCKETS = 48
const MAX_SHOWN = 8

export const statsRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/stats',
    {
      tags,
      summary: 'Runs, failures and durations of a workflow over time',
      querystring: StatsQuerySchema,
      response: { 200: RunStats },
    },
    async ({ params, query }, { store, now }) => {
      const { id } = await findWorkflow(store, params.id)
      return await readStats(store, { ...readWindow(query, now()), workflowId: id })
    },
  ),

  route.get(
    '/stats',
    {
      tags,
      summary: 'Runs, failures and durations of all workflows over time',
      querystring: StatsQuerySchema,
      response: { 200: RunStats },
    },
    async ({ query }, { store, now }) => await readStats(store, readWindow(query, now())),
  ),

  route.get(
    '/home',
    {
      tags: ['System'],
      summary: 'Failures of the last 24 hours, runs in progress and upcoming runs',
      querystring: HomeQuery,
      response: { 200: Home },
    },
    async ({ query }, context) => await readHome(context, query.tests),
  ),
]

async function readStats(store: Store, window: StatsQuery) {
  const data = await store.runs.getStats(window)
  return {
    since: timeText(window.since),
    until: timeText(window.until),
    bucket_seconds: Math.ceil((window.until - window.since) / window.buckets) / 1000,
    data: data.map(presentBucket),
  }
}

function readWindow(query: Static<typeof StatsQuerySchema>, at: number): StatsQuery {
  const until = readTime('until', query.until) ?? at
  const since = readTime('since', query.since) ?? until - DAY_MS
  if (since >= until || until - since > MAX_PERIOD_MS) {
    throw new UserError('bad_request', 'since: expected a time before until, and at most 366 days before it.')
  }
  return { since, until, buckets: query.buckets ?? PRESET_BUCKETS, tests: query.tests }
}

async function readHome({ store, now }: ApiContext, tests = false) {
  const until = now()
  const since = until - DAY_MS
  const [counts, running, next, waiting] = await Promise.all([
    store.runs.count({ since, until: until + 1, tests }, MAX_SCANNED),
    store.runs.list({ status: 'running', tests }, { limit: MAX_SHOWN, cursor: null }),
    store.schedules.listNextTicks(MAX_SHOWN),
    store.runs.countWaiting(null),
  ])
  return {
    since: timeText(since),
    runs: presentTotals(counts),
    waiting_runs: [...waiting.values()].reduce((sum, count) => sum + count, 0),
    failing: await readFailing(store, counts.failing, { since, tests }, until),
    running: await Promise.all(running.data.map((run) => withName(store, run))),
    next: next.map(({ workflowId, workflowName, dueAt }) => ({
      workflow: { id: workflowId, name: workflowName },
      due_at: timeText(dueAt),
    })),
  }
}

const presentTotals = ({ total, failed, calls, failedCalls }: RunTotals) => ({
  total,
  failed,
  calls,
  failed_calls: failedCalls,
})

type Shown = { readonly since: number; readonly tests: boolean }

async function readFailing(store: Store, counts: RunCounts['failing'], shown: Shown, at: number) {
  const failing = await Promise.all(
    counts.map(async ({ workflowId, ...totals }) => {
      const last = await newest(store, { workflowId, failing: true, ...shown })
      const good = await newest(store, { workflowId, status: 'succeeded', ...shown })
      const workflow = await store.workflows.get(workflowId)
      if (last === null || workflow === null || workflow.archived) return []
      // A run that reported a failure has the status succeeded and counts as both.
      const recovered = good !== null && good.id > last.id
      const silence = recovered ? null : presentSilence(await store.alerts.findSilence(workflowId, at))
      return [{ workflow: { id: workflowId, name: workflow.name }, ...presentTotals(totals), recovered, silence, last }]
    }),
  )
  return failing
    .flat()
    .sort((one, other) => Number(one.recovered) - Number(other.recovered) || other.last.createdAt - one.last.createdAt)
    .slice(0, MAX_SHOWN)
    .map((entry) => ({ ...entry, last: presentRunSummary(entry.last) }))
}

/** Some may be archived or have recovered. */
const MAX_SCANNED = 30

async function newest(store: Store, filter: Parameters<Store['runs']['list']>[0]): Promise<Run | null> {
  return (await store.runs.list(filter, { limit: 1, cursor: null })).data[0] ?? null
}

async function withName(store: Store, run: Run) {
  const workflow = await store.workflows.get(run.workflowId)
  return { workflow: { id: run.workflowId, name: workflow?.name ?? run.workflowId }, run: presentRunSummary(run) }
}
