/** Runs a bundle's function up to its decision. Nothing is sent or stored. */

import type { BundleContent, BundledRequest } from '../../domain/decisions/bundle/bundle.ts'
import { InvalidDecision, type ProposedDecision, readDecision } from '../../domain/decisions/decision.ts'
import { isObject } from '../../domain/json/is-object.ts'
import { type Job, type JobSteps, type Outcome, type RunRequest, unknownConnection } from '../../domain/runs/run.ts'
import type { StoredStep } from '../../domain/runs/steps.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { Environments } from '../packages/environments.ts'
import { environmentIdOf } from '../packages/plan.ts'
import type { Prepared } from '../packages/prepared.ts'

export type Replayed =
  | { readonly decision: ProposedDecision; readonly problem: null }
  | { readonly decision: null; readonly problem: string }

const MIB = 1024 * 1024
const STOP = 'The decision was replayed'

export async function replayBundle(
  pool: Pick<Pool, 'execute'>,
  prepared: Prepared,
  bundle: BundleContent,
): Promise<Replayed> {
  let decision: ProposedDecision | null = null
  const steps = stepsOf(bundle, (found) => {
    decision = found
  })
  const outcome = await pool.execute(jobOf(prepared, bundle, steps))
  if (decision !== null) return { decision, problem: null }
  return { decision: null, problem: `The function did not come to the decision: ${whyOf(outcome)}` }
}

function whyOf({ status, code, message, waits = [] }: Outcome): string {
  if (status === 'succeeded') return 'the function ended'
  const names = waits.map(({ name }) => JSON.stringify(name)).join(', ')
  if (status === 'waiting') return `the bundle has no answer for ${names}`
  return [code, message].filter((part) => part !== null).join(': ')
}

type Packages = {
  readonly environments: Pick<Environments, 'prepare'>
  readonly store: StoreUse<{ workflows: 'putEnvironment' }>
  readonly now: () => number
}

/** Throws UserError `environment_failed`. */
export async function prepareBundle(
  { environments, store, now }: Packages,
  { run, code, lock }: BundleContent,
): Promise<Prepared> {
  if (lock === null || run.packages === null) return { runtime: run.runtime, environment: null }
  const { runtime, with_sources: withSources } = run.packages
  const environmentId = environmentIdOf(lock, runtime)
  await store.workflows.putEnvironment({
    id: environmentId,
    runtime,
    lock,
    withSources,
    createdAt: now(),
    lastUsedAt: now(),
  })
  const packages = { declaration: '', requiresPython: null, runtime, environmentId, packages: [], notes: [] }
  return await environments.prepare(run, { ...code, packages }, null)
}

/** Other decisions of the run get people's answers from the bundle, or their proposed outcome. */
function stepsOf(
  { run, answers, settings }: BundleContent,
  onDecision: (decision: ProposedDecision) => void,
): JobSteps {
  return {
    key: run.first_id,
    skipsWaits: true,
    stored: answers.map((answer): StoredStep => ({ ...answer, until: null, isLogged: false, patch: null })),
    mark: null,
    urls: { key: '0'.repeat(64), base: 'http://waits.invalid/' },
    overseen: null,
    async store({ name, decision: number, json }) {
      if (number === undefined) return { error: null }
      try {
        const found = readDecision(json)
        if (name !== run.call.name || number !== run.call.number) return { error: null }
        onDecision(found)
        return { error: { code: 'needs_answer', message: STOP } }
      } catch (error) {
        if (!(error instanceof InvalidDecision)) throw error
        return { error: { code: 'invalid_decision', message: error.message } }
      }
    },
    async accessToken(name) {
      const setting = settings[name]
      const token = isObject(setting) ? setting.access_token : null
      return typeof token === 'string' ? { error: null, token } : unknownConnection(name)
    },
  }
}

function jobOf(prepared: Prepared, bundle: BundleContent, steps: JobSteps): Job {
  const { run, code, request, settings, calls, decision } = bundle
  return {
    runId: run.id,
    workflowId: decision.record.workflow_id,
    kind: run.kind,
    versionKey: `replay ${decision.record.id}`,
    ...code,
    ...prepared,
    durable: true,
    steps,
    isolation: 'fresh',
    timeoutMs: run.timeout_seconds * 1000,
    memoryBytes: run.memory_mib * MIB,
    variables: run.variables,
    egress: { mode: 'none', hosts: [] },
    outbound: 'recorded',
    calls: { traceId: null, propagate: false, record: false, answers: calls },
    request: request && requestOf(request),
    settings: new Map(Object.entries(settings).map(([key, value]) => [key, JSON.stringify(value)] as const)),
  }
}

const requestOf = ({ body, encoding, ...request }: BundledRequest): RunRequest => ({
  ...request,
  body: Buffer.from(body, encoding),
})
