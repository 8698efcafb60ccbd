import type { FastifyRequest } from 'fastify'
import { type OutgoingCall, redactCalls } from '../../../domain/runs/outgoing.ts'
import { runNotFound, UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { PersonDecision } from '../../../store/decisions/records.ts'
import type { PersonChange, Certificate as StoredCertificate } from '../../../store/privacy/people-data.ts'
import type { PersonDraft } from '../../../store/privacy/person-drafts.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { parseText } from '../../wire/text.ts'
import { type ApiContext, checkRunId, recordEvent } from '../common/api.ts'
import { discloseRun } from '../common/disclosure.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import { presentDecision } from '../decisions/present.ts'
import { presentLogLine, presentRun, presentStep } from '../runs/present.ts'
import { presentTask, viewerOf } from '../tasks/present.ts'
import { privacyPreviewRoutes } from './preview.ts'
import { Certificate, PrivacyErase, PrivacyExport, PrivacyFind, PrivacyFound } from './schemas.ts'

const tags = ['Privacy']
const config = { scope: 'admin' } as const
/** A run asks at most 1,000 times. */
const MAX_TASKS = 1000
const MAX_LINES = 30_000

export const privacyRoutes: readonly ApiRoute[] = [
  route.post(
    '/privacy/find',
    {
      config,
      tags,
      summary: 'Find the runs, the values of settings and the unsaved code of all workflows that hold a value',
      description:
        'By the hashes of `privacy.identify`, and by a search through all that runs stored and through unsaved code and decisions; at most 1,000 runs. `settings` are the values that these runs wrote.',
      body: PrivacyFind,
      response: { 200: PrivacyFound },
    },
    async (request, context) => {
      const value = readValue(request.body.value)
      const found = await context.store.privacy.findPerson(value)
      const drafts = (await context.store.privacy.findPersonDrafts(value)).map(presentDraft)
      const ids = await context.store.privacy.listWithAttempts(found.map(({ runId }) => runId))
      const settings = []
      for (const change of await context.store.privacy.findPersonChanges(value, ids)) {
        const show = await context.disclosures.to(request, change.workflowId)
        settings.push({ ...presentChange(change), key: show.text(change.key) })
      }
      await recordEvent(context, request, 'privacy.find', null, `${found.length} runs`)
      const data = found.map(({ workflowId, workflowName, runId, createdAt }) => ({
        workflow_id: workflowId,
        workflow_name: workflowName,
        run_id: runId,
        created_at: timeText(createdAt),
      }))
      const decisions = (await context.store.decisions.findAbout(value)).map(presentFoundDecision)
      return { data, next_cursor: null, drafts, settings, decisions }
    },
  ),

  route.post(
    '/privacy/export',
    {
      config,
      tags,
      summary: 'Export all that is stored of a person as one document',
      description:
        'Requests, answers, logs, steps, tasks, outgoing calls and idempotency keys of the runs that hold the value and of their other attempts; values in the history of settings, unsaved code, and decisions.',
      body: PrivacyFind,
      response: { 200: PrivacyExport },
    },
    async (request, context, reply) => {
      const value = readValue(request.body.value)
      const found = await context.store.privacy.findPerson(value)
      const ids = await context.store.privacy.listWithAttempts(found.map(({ runId }) => runId))
      await recordEvent(context, request, 'privacy.export', null, `${ids.length} runs`)
      const runs = []
      for (const id of ids) runs.push(...(await exportRun(context, request, id)))
      const settings = []
      for (const change of await context.store.privacy.findPersonChanges(value, ids)) {
        const show = await context.disclosures.to(request, change.workflowId)
        const value = change.value === null ? null : JSON.parse(show.json(change.value))
        settings.push({ ...presentChange(change), key: show.text(change.key), value })
      }
      const drafts = []
      for (const draft of await context.store.privacy.findPersonDrafts(value)) {
        const show = await context.disclosures.to(request, draft.workflowId)
        const files = Object.entries(draft.files).map(([name, text]) => [name, show.text(text)])
        drafts.push({ ...presentDraft(draft), source: show.text(draft.source), files: Object.fromEntries(files) })
      }
      reply.header('Content-Disposition', 'attachment; filename="personal-data.json"')
      const decisions = (await context.store.decisions.findAbout(value)).map(({ decision }) =>
        presentDecision(decision),
      )
      return { value, at: timeText(context.now()), runs, settings, drafts, decisions }
    },
  ),

  route.post(
    '/privacy/erase',
    {
      config,
      tags,
      summary: 'Erase stored data of runs and get a certificate',
      description:
        'Deletes requests, answers, logs, steps, tasks, errors, recordings, attempts, idempotency keys, and the values in the history of settings that hold `value`. Unsaved code has `***` instead of it, with or without `run_ids`. Empties decisions about the person, decisions that hold the value, and decisions of runs that decided about one person only. Their records stay in the chain.',
      body: PrivacyErase,
      response: { 200: Certificate },
    },
    async (request, { store, changes, now }) => {
      const value = readValue(request.body.value)
      const runIds = request.body.run_ids.map(checkRunId)
      const at = now()
      const erasure = { id: newId('ers', at), value, runIds, by: actorOf(request), at }
      if (request.body.cancel_waiting === true)
        for (const id of await store.privacy.listWithAttempts(runIds)) await store.runs.cancelWaiting(id, at)
      const result = await store.privacy.erasePerson(erasure)
      if (result === null) throw await unknownRun(store, runIds)
      if ('active' in result) {
        throw new UserError(
          result.waits ? 'run_waits' : 'conflict',
          `The run ${result.active} ${result.waits ? 'waits' : 'has not ended'}: wait, or cancel it first. Nothing was erased.`,
        )
      }
      changes.announce({ workflowId: null, action: 'privacy.erase' })
      return presentCertificate(result)
    },
  ),

  route.get(
    '/privacy/certificates',
    { config, tags, summary: 'Certificates of erasures, newest first', response: { 200: pageOf(Certificate) } },
    async (_request, { store }) => ({
      data: (await store.privacy.listErasures()).map(presentCertificate),
      next_cursor: null,
    }),
  ),

  ...privacyPreviewRoutes,
]

async function exportRun({ store, disclosures }: ApiContext, request: FastifyRequest, id: string) {
  const run = await store.runs.get(id)
  // The run was deleted after the search.
  if (run === null) return []
  const logs = await store.runs.listLogs(id, { limit: MAX_LINES, cursor: null })
  const show = await disclosures.to(request, run.workflowId)
  const shown = await discloseRun(run, show)
  const steps = (await store.runs.listSteps(id)).map((step) => presentStep(step, show))
  const filter = { firstId: run.retryOf ?? id }
  const tasks = await store.tasks.list(viewerOf(request, store.servers.sharedNow()), filter, {
    limit: MAX_TASKS,
    cursor: null,
  })
  const { calls } = await store.runs.listCalls(id, true)
  const keys = (await store.privacy.listRunKeys(id)).map(({ keyDigest, bodyDigest, createdAt }) => ({
    key_digest: keyDigest,
    body_digest: bodyDigest,
    created_at: timeText(createdAt),
  }))
  const sent = redactCalls(calls, show.text).map(presentCall)
  const parts = {
    logs: logs.data.map(presentLogLine),
    steps,
    tasks: tasks.data.map(presentTask),
    calls: sent,
    idempotency_keys: keys,
  }
  return [{ run: presentRun(shown, false), ...parts }]
}

function presentCall({ startedAt, method, scheme, host, port, path, status, error, exchange }: OutgoingCall) {
  const where = { started_at: timeText(startedAt), method, scheme, host, port, path, query: exchange?.query ?? null }
  const sent = exchange && { headers: exchange.requestHeaders, body: exchange.requestBody.text }
  const received = exchange && { headers: exchange.responseHeaders, body: exchange.responseBody.text }
  return { ...where, status, error, sent, received }
}

const presentChange = ({ workflowId, key, revision, at, runId }: PersonChange) => ({
  workflow_id: workflowId,
  key,
  revision,
  at: timeText(at),
  run_id: runId,
})

const presentFoundDecision = ({ decision: { record } }: PersonDecision) => ({
  id: record.id,
  workflow_id: record.workflow_id,
  number: record.number,
  run_id: record.run_id,
  at: record.at,
})

const presentDraft = ({ workflowId, workflowName, ownerId, kind, revision, at }: PersonDraft) => ({
  workflow_id: workflowId,
  workflow_name: workflowName,
  owner_id: ownerId,
  kind,
  revision,
  at: timeText(at),
})

function readValue(text: string): string {
  const value = parseText('value', text).trim()
  if (value.length < 3) throw new UserError('bad_request', 'value: expected at least 3 characters besides blanks.')
  return value
}

async function unknownRun(store: Store, ids: readonly string[]): Promise<UserError> {
  for (const id of ids) if ((await store.runs.get(id)) === null) return runNotFound(id)
  return new UserError('conflict', 'One of the runs was deleted at this moment. Nothing was erased: call again.')
}

const presentCertificate = ({ id, at, by, runs, decisions, sha256 }: StoredCertificate) => ({
  id,
  at: timeText(at),
  by,
  runs,
  decisions,
  sha256,
})
