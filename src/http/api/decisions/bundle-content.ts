/** A bundle contains no secrets. */

import { isUtf8 } from 'node:buffer'
import type {
  BundleContent,
  BundledAnswer,
  BundledRequest,
  BundledRun,
  Neighbour,
} from '../../../domain/decisions/bundle/bundle.ts'
import { findChance } from '../../../domain/decisions/bundle/chance.ts'
import type { SealedDecision } from '../../../domain/decisions/record.ts'
import { failureOfShown } from '../../../domain/runs/child-run.ts'
import { answersOf, type OutgoingCall, type RecordedAnswer } from '../../../domain/runs/outgoing.ts'
import { isFinal, type Run, type RunRequest } from '../../../domain/runs/run.ts'
import { eventJson } from '../../../domain/runs/wait-event.ts'
import type { Snapshot } from '../../../domain/settings/settings.ts'
import { isSecretHeader } from '../../../domain/shared/headers.ts'
import type { Version, Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { ListedStep } from '../../../store/runs/rows/step-records.ts'
import type { Store } from '../../../store/store.ts'
import type { ApiContext } from '../common/api.ts'
import { type Disclosure, discloseRun } from '../common/disclosure.ts'
import { sbomOf } from '../packages/sbom.ts'

type Gathered = { readonly content: BundleContent; readonly notes: readonly string[] }

const HIDDEN = '***'

/** Throws `conflict` if the decision cannot be repeated. */
export async function gatherBundle(
  { store, disclosures }: Pick<ApiContext, 'store' | 'disclosures'>,
  decision: SealedDecision,
): Promise<Gathered> {
  const { record } = decision
  const { workflow, version, call, run } = await subjectOf(store, decision)
  const show = await disclosures.outside(workflow.id)
  const code = { source: version.source, files: version.files }
  if (Object.values({ ...code.files, '': code.source }).some((text) => show.text(text) !== text))
    throw notBundled('its code contains the value of a secret setting')
  const { request } = await discloseRun(run, show)
  const snapshot = await settingsOfRun(store, workflow, run)
  const secrets = [
    ...[...snapshot.values()].filter(({ secret }) => secret).map(({ key }) => show.text(key)),
    ...workflow.connections,
  ]
  const { packages } = version
  const environment = packages === null ? null : await store.workflows.getEnvironment(packages.environmentId)
  const { calls, leftOut } = await callsOf(store, run)
  const answers = answersOfSteps(await store.runs.listSteps(run.id), call, run)
  const bundledRun: BundledRun = {
    id: run.id,
    first_id: run.retryOf ?? run.id,
    kind: workflow.kind,
    runtime: workflow.runtime,
    timeout_seconds: workflow.timeoutSeconds,
    memory_mib: workflow.memoryMib,
    variables: Object.fromEntries(Object.entries(workflow.variables).map(([key, value]) => [key, show.text(value)])),
    call,
    secrets,
    packages: environment && { runtime: environment.runtime, with_sources: environment.withSources },
  }
  const content: BundleContent = {
    decision,
    neighbours: await neighboursOf(store, decision),
    run: bundledRun,
    request: request && bundledRequest(request),
    settings: settingValues(snapshot, workflow, show),
    calls: answersOf(calls).map((call) => shownCall(call, show)),
    answers: answers.map((one) => ({ ...one, json: one.json && show.json(one.json) })),
    code,
    lock: environment?.lock ?? null,
    sbom: sbomOf(record.workflow_name, version, environment),
  }
  return { content, notes: notesOf(content, { calls, leftOut, workflow, request: run.request }) }
}

async function subjectOf(store: Store, { record, content }: SealedDecision) {
  const { id, workflow_id, run_id, version: number } = record
  if (content === null) throw notBundled('it was erased')
  const call = await store.decisions.getCall(id)
  const workflow = await store.workflows.get(workflow_id)
  if (workflow === null || call === null) throw notBundled('its workflow was deleted')
  const version = number === null ? null : await store.workflows.getVersion(workflow.id, number)
  if (version === null) throw notBundled('its version is not stored')
  const run = await store.runs.get(run_id)
  if (run === null || (run.request === null && workflow.kind === 'catch'))
    throw notBundled('the request of its run was deleted')
  // Until then, the URLs of waits are credentials.
  if (!isFinal(run.status)) throw notBundled('its run has not ended')
  return { workflow, version: version satisfies Version, call, run }
}

const notBundled = (why: string): UserError => new UserError('conflict', `The decision has no bundle: ${why}.`)

/** The hashes suffice, without the neighbours' personal data. */
async function neighboursOf(store: Store, { record }: SealedDecision): Promise<BundleContent['neighbours']> {
  const near = await store.decisions.readChain(record.workflow_id, Math.max(0, record.number - 2), 3)
  const at = (number: number): Neighbour | null => {
    const found = near.find((one) => one.record.number === number)
    return found === undefined ? null : { record: found.record, sha256: found.sha256 }
  }
  return { previous: at(record.number - 1), next: at(record.number + 1) }
}

async function settingsOfRun(store: Store, workflow: Workflow, run: Run): Promise<Snapshot> {
  const own = await store.trials.settingsAt(workflow.id, run.startedAt ?? run.createdAt, run.id)
  const missing = workflow.sharedSettings.filter((key) => !own.has(key))
  return new Map([...own, ...(missing.length === 0 ? [] : await store.settings.getSharedSnapshot(missing))])
}

/** A function that sends a secret gets `***`, which matches the recorded calls' URLs. */
function settingValues(
  snapshot: Snapshot,
  { connections }: Workflow,
  show: Disclosure,
): Readonly<Record<string, unknown>> {
  const token = { access_token: HIDDEN, token_type: 'Bearer', expires_at: null, account: null }
  return Object.fromEntries([
    ...[...snapshot.values()].map(
      ({ key, value, secret }) => [show.text(key), secret ? HIDDEN : JSON.parse(show.json(value))] as const,
    ),
    ...connections.map((name) => [name, token] as const),
  ])
}

async function callsOf(store: Store, { id, retryOf }: Run) {
  const own = await store.runs.listCalls(id, true)
  const first = retryOf === null ? { calls: [], leftOut: 0 } : await store.runs.listCalls(retryOf, true)
  return { calls: [...first.calls, ...own.calls], leftOut: first.leftOut + own.leftOut }
}

/** Omits the answer to the decision's own question, which the function must propose. */
function answersOfSteps(steps: readonly ListedStep[], call: BundledRun['call'], run: Run): readonly BundledAnswer[] {
  const task = call.number === 1 ? call.name : `${call.name} ${call.number}`
  // The store has no outgoing calls of earlier parts.
  const hasSteps = (run.durable?.parts ?? 1) > 1
  return steps.flatMap(({ kind, name, number, status, attempts, shown, finishedAt, runId }) => {
    if (kind === 'sleep' || kind === 'retry' || status === 'waiting') return []
    if (kind === 'step' && (!hasSteps || name === call.name)) return []
    if (kind === 'task' && name === task) return []
    const isEvent = kind === 'event' && status === 'done'
    const json = kind === 'run' && status === 'failed' && shown !== null ? failureOfShown(runId, shown) : shown
    return [{ kind, name, number, status, attempts, json: isEvent ? eventOf(name, json, finishedAt ?? 0) : json }]
  })
}

/** The headers of an event are not kept. */
const eventOf = (name: string, json: string | null, at: number): string =>
  eventJson(
    {
      method: 'POST',
      url: '',
      query: '',
      headers: [['Content-Type', 'application/json']],
      body: Buffer.from(json ?? ''),
    },
    name,
    at,
  )

function bundledRequest({ method, url, query, headers, body }: RunRequest): BundledRequest {
  const encoding = isUtf8(body) ? 'utf8' : 'base64'
  const shownHeaders = headers.map(([name, value]) => [name, isSecretHeader(name) ? HIDDEN : value] as const)
  return { method, url, query, headers: shownHeaders, body: body.toString(encoding), encoding }
}

const shownCall = (call: RecordedAnswer, show: Disclosure): RecordedAnswer => ({
  ...call,
  path: show.text(call.path),
  query: show.text(call.query),
  headers: call.headers.map(([name, value]) => [name, show.text(value)] as const),
  body: show.text(call.body),
})

type Facts = {
  readonly calls: readonly OutgoingCall[]
  readonly leftOut: number
  readonly workflow: Pick<Workflow, 'runtime' | 'privacy'>
  readonly request: RunRequest | null
}

function notesOf(content: BundleContent, { calls, leftOut, workflow, request: stored }: Facts): readonly string[] {
  const { run, request, decision, answers, code, lock } = content
  const hasRules = (workflow.privacy?.redact.length ?? 0) > 0
  const unrecorded = calls.filter(({ exchange, isRefused }) => exchange === null && !isRefused).length + leftOut
  const hidden = (value: unknown) => JSON.stringify(value).includes(HIDDEN)
  return [
    ...findChance(code, workflow.runtime),
    ...(run.secrets.length === 0 ? [] : [`Without the secrets ${run.secrets.join(', ')}: the function gets ***.`]),
    ...(request !== null && hidden({ ...request, url: '' }) ? ['Parts of the request are ***.'] : []),
    ...(stored?.redacted === true ? ['Parts of the request were redacted before it was stored.'] : []),
    ...(hasRules && content.calls.length + answers.length > 0
      ? ['The rules of the workflow may have redacted recorded calls and answers.']
      : []),
    ...(hidden(decision.content) ? ['Parts of the decision are ***.'] : []),
    ...(hidden(answers) ? ['Parts of the answers are ***.'] : []),
    ...(unrecorded === 0 ? [] : [`Outgoing calls that were not recorded: ${unrecorded}. A replay refuses them.`]),
    ...(answers.some(({ kind }) => kind === 'step')
      ? ['The run waited, so its steps are not done again: a replay uses their stored results.']
      : []),
    ...(answers.some(({ kind }) => kind === 'event') ? ['The headers of events are not kept.'] : []),
    ...(lock === null ? [] : ['A replay installs the packages of lock.txt.']),
  ]
}
