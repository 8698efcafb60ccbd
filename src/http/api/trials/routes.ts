import type { FastifyRequest } from 'fastify'
import type { FairnessResult } from '../../../domain/decisions/fairness.ts'
import { parsePointers } from '../../../domain/json/pointer.ts'
import type { Trial, TrialCase } from '../../../domain/trials/trial.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { type CandidateCode, startTrial } from '../../../runs/trials/start-trial.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { streamState } from '../../streams/stream-state.ts'
import { type ApiContext, findWorkflow, pageQuery, readVersionNumber } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { type Disclosure, discloseChange } from '../common/disclosure.ts'
import { presentPage, rawOrNull, timeOrNull, timeText } from '../common/present.ts'
import { documentedStream } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoFields, PageParams, pageOf } from '../common/schemas.ts'
import { canaryRoutes } from './canary.ts'
import { chooseRuns } from './choose-runs.ts'
import { CasesQuery, TrialCase as TrialCaseSchema, TrialCreate, TrialEvent, Trial as TrialSchema } from './schemas.ts'

const tags = ['Trials']
const config = { scope: 'run' } as const
/** The trial may run on another server. */

export const trialRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows/:id/trials',
    {
      config,
      tags,
      summary: 'Run past requests on a candidate',
      description:
        'With the settings that each run started from; nothing that the candidate does to them is kept. At most 1,000 runs.',
      body: TrialCreate,
      response: { 202: TrialSchema },
    },
    async (request, context, reply) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      const { runs, outbound = 'read_only', ignore = [] } = request.body
      const candidate = await readCandidate(context, request, workflow)
      const runIds = await chooseRuns(context.store, workflow.id, runs)
      const rules = { outbound, ignore: parsePointers(ignore, 'ignore'), by: actorOf(request) }
      const trial = await startTrial(
        { trials: context.runner.trials, now: context.now },
        { workflowId: workflow.id, candidate, runIds, ...rules },
      )
      context.changes.announce({ workflowId: workflow.id, action: 'trial.start' })
      reply.code(202).header('Location', `/api/trials/${trial.id}`)
      return presentTrial(trial)
    },
  ),

  route.get(
    '/workflows/:id/trials',
    {
      tags,
      summary: 'Trials of a workflow, newest first',
      querystring: PageParams,
      response: { 200: pageOf(TrialSchema) },
    },
    async ({ params, query }, { store }) => {
      const { id } = await findWorkflow(store, params.id)
      return presentPage(await store.trials.list(id, pageQuery(query)), presentTrial)
    },
  ),

  route.get(
    '/trials/:id',
    {
      tags,
      summary: 'A trial and its counts',
      description:
        'With `Accept: text/event-stream`, live until the end. Each change is an event `trial`. The last event is `end`.',
      response: documentedStream(TrialEvent, TrialSchema),
    },
    async (request, context, reply) => {
      const trial = await findTrial(context.store, request.params.id)
      if (!/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) return presentTrial(trial)
      const { id } = trial
      const read = async () => {
        const found = await context.store.trials.get(id)
        return found && presentTrial(found)
      }
      return streamState(context.streams, { id, event: 'trial', read }, request, reply)
    },
  ),

  route.get(
    '/trials/:id/cases',
    {
      tags,
      summary: 'Cases of a trial that have ended, and what differs',
      querystring: CasesQuery,
      response: { 200: pageOf(TrialCaseSchema) },
    },
    async (request, { store, disclosures }) => {
      const { id, workflowId } = await findTrial(store, request.params.id)
      const { verdict = null, ...query } = request.query
      const show = await disclosures.to(request, workflowId)
      return presentPage(await store.trials.listCases(id, verdict, pageQuery(query)), (one) => presentCase(one, show))
    },
  ),

  route.post(
    '/trials/:id/cancel',
    { config, tags, summary: 'Stop a trial', body: NoFields, response: { 200: TrialSchema } },
    async (request, { store, runner, changes }) => {
      const trial = await findTrial(store, request.params.id)
      if (!(await runner.trials.cancel(trial, actorOf(request))))
        throw new UserError('conflict', `The trial ${trial.id} has already ended: there is nothing to stop.`)
      changes.announce({ workflowId: trial.workflowId, action: 'trial.cancel' })
      return presentTrial(await findTrial(store, trial.id))
    },
  ),

  ...canaryRoutes,
]

async function readCandidate(
  { store }: ApiContext,
  request: FastifyRequest<{
    Body: { version?: number | null; source?: string | null; files?: Record<string, string> }
  }>,
  workflow: Workflow,
): Promise<CandidateCode> {
  const { version = null, source = null, files } = request.body
  if ((version === null) === (source === null)) {
    throw new UserError(
      'bad_request',
      `Expected either version or source, found ${version === null ? 'none' : 'both'}.`,
    )
  }
  if (source !== null) {
    // Unsaved code can read the settings.
    if (!may(request, 'write')) throw new UserError('forbidden', 'source: trying code needs the scope write.')
    checkCode({ source, files: files ?? {} }, workflow.runtime)
    return { version: null, source, ...(files && { files }) }
  }
  if (files !== undefined)
    throw new UserError('bad_request', 'files: expected them beside source only, found no source.')
  const number = readVersionNumber(String(version))
  if ((await store.workflows.getVersion(workflow.id, number)) === null)
    throw new UserError('not_found', `There is no version ${number}.`)
  return { version: number }
}

async function findTrial(store: Store, id: string): Promise<Trial> {
  const trial = /^trial_[0-9A-Za-z]{1,64}$/.test(id) ? await store.trials.get(id) : null
  if (trial === null) throw new UserError('not_found', `There is no trial ${JSON.stringify(id.slice(0, 100))}.`)
  return trial
}

const presentTrial = ({
  id,
  workflowId,
  version,
  status,
  outbound,
  ignore,
  counts,
  total,
  fairness,
  ...times
}: Trial) => ({
  id,
  workflow_id: workflowId,
  version,
  status,
  outbound,
  ignore: [...ignore],
  counts: { ...counts },
  total,
  fairness: fairness?.result == null ? null : presentFairness(fairness.result),
  created_at: timeText(times.createdAt),
  finished_at: timeOrNull(times.finishedAt),
})

const presentFairness = ({ pairs, changed, examples }: FairnessResult) => ({
  pairs,
  changed,
  examples: examples.map(({ runId, path, values, outcomes }) => ({
    run_id: runId,
    path,
    values: [...values],
    outcomes: [...outcomes],
  })),
})

const presentCase = (
  { runId, trialRunId, verdict, wouldSend, differences, reason = null }: TrialCase,
  show: Disclosure,
) => ({
  run_id: runId,
  trial_run_id: trialRunId,
  verdict: verdict ?? 'not_comparable',
  reason: reason === null ? null : show.text(reason),
  would_send: wouldSend.map((call) => ({
    ...call,
    host: show.text(call.host),
    path: call.path === null ? null : show.text(call.path),
  })),
  // Older versions stored setting values unredacted.
  differences: differences.map((difference) => {
    const { old, new: value } = discloseChange(difference, show)
    return { path: show.text(difference.path), old: rawOrNull(old), new: rawOrNull(value) }
  }),
})
