/** A child is a run of another workflow that a part waits for. */

import { laneOf } from '../../domain/hooks/lane.ts'
import { validateShortJson } from '../../domain/json/check.ts'
import {
  type AskedRun,
  CHILD_LIMITS,
  type ChildEnd,
  childFailure,
  mayCall,
  readAskedRun,
  shownEnd,
} from '../../domain/runs/child-run.ts'
import type { Outcome, RunRequest } from '../../domain/runs/run.ts'
import type { StepKey, StoredStep } from '../../domain/runs/steps.ts'
import { LIMITS, type Workflow } from '../../domain/workflows/workflow.ts'
import { isUnavailable, UserError } from '../../errors.ts'
import { newId } from '../../random.ts'
import type { ChildOfCall, Part } from '../../store/runs/rows/step-records.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Redactors } from '../privacy/redact-run.ts'
import type { KeptRun, PrivacyRules } from '../privacy/rules.ts'
import type { CodeLookup } from './code.ts'
import { type PlannedRun, rowOf } from './planned.ts'
import type { AssertQueueFree } from './queue-limit.ts'
import { showOf } from './show.ts'

export type ChildDeps = {
  readonly store: StoreUse<{ runs: 'countParents'; workflows: 'findIds' | 'get'; servers: 'sharedNow' }>
  readonly code: Pick<CodeLookup, 'deployed'>
  readonly privacy: Pick<PrivacyRules, 'keep'>
  readonly redactors: Redactors
  readonly assertQueueFree: AssertQueueFree
}

export type Caller = {
  readonly part: Part
  readonly workflow: Pick<Workflow, 'editors'>
  readonly kept: KeptRun | null
}

type Parent = Caller & { readonly stored: readonly StoredStep[]; readonly traceId: string | null }

type CalledRun = Pick<PlannedRun, 'workflow' | 'code' | 'request'> & { readonly isJson: boolean }

export function refuseRuns(outcome: Outcome): Outcome {
  const asked = (outcome.waits ?? []).filter(({ kind }) => kind === 'run')
  if (asked.length <= CHILD_LIMITS.concurrent) return outcome
  const message = `A run may wait for ${CHILD_LIMITS.concurrent} runs at the same time, and ${asked.length} were called. None was started`
  return { ...outcome, status: 'failed', code: 'invalid_step', message }
}

/** Returns the runs that start at the part's end, and why others cannot. */
export async function planChildren(
  deps: ChildDeps,
  parent: Parent,
  outcome: Outcome,
  secrets: readonly string[],
): Promise<readonly ChildOfCall[]> {
  const children: ChildOfCall[] = []
  for (const { json, kind, name, number } of outcome.waits ?? []) {
    const call = { kind, name, number }
    if (kind !== 'run' || parent.stored.some((one) => one.status === 'waiting' && isSame(one, call))) continue
    const planned = await plan(deps, parent, json)
    if ('run' in planned) children.push({ call, run: planned.run })
    else {
      const shown = await showOf(deps.redactors, parent.kept, shownEnd(planned), secrets)
      children.push({ call, end: { ...planned, shown } })
    }
  }
  return children
}

const isSame = (one: StepKey, { kind, name, number }: StepKey): boolean =>
  one.kind === kind && one.name === name && one.number === number

type StartedChild = { readonly run: Awaited<ReturnType<typeof newChild>> }

async function plan(deps: ChildDeps, parent: Parent, json: string): Promise<ChildEnd | StartedChild> {
  const called = await planCall(deps, parent, json)
  if ('status' in called) return called
  try {
    await deps.assertQueueFree(called.workflow.id)
    return { run: await newChild(deps, parent, called) }
  } catch (error) {
    return failureOf(error)
  }
}

/** Returns the run, or why it cannot start. Throws `unavailable` without a database. */
export async function planCall(
  deps: ChildDeps,
  { part, workflow }: Caller,
  json: string,
): Promise<ChildEnd | CalledRun> {
  try {
    const asked = readAskedRun(json)
    if (asked === null) throw new UserError('bad_request', 'The arguments of the call could not be read.')
    const depth = await deps.store.runs.countParents(part.runId, CHILD_LIMITS.depth)
    if (depth >= CHILD_LIMITS.depth)
      return childFailure(null, 'too_deep', `Runs of runs may be ${CHILD_LIMITS.depth} deep.`)
    const called = await findWorkflow(deps.store, workflow, asked.workflow)
    const code = await deps.code.deployed(called)
    return { workflow: called, code, request: requestOf(called, asked), isJson: asked.json !== null }
  } catch (error) {
    return failureOf(error)
  }
}

/** An outage is no failure of the run: the caller retries. */
function failureOf(error: unknown): ChildEnd {
  if (error instanceof UserError && !isUnavailable(error)) return childFailure(null, error.code, error.message)
  throw error
}

async function newChild({ store, privacy }: ChildDeps, { traceId }: Parent, called: CalledRun) {
  const { workflow, request, isJson } = called
  const lane = request === null ? null : await laneOf(workflow.lane, request, isJson)
  const planned = { ...called, trigger: 'run', replayOf: null, keepSettings: true, lane } as const
  const createdAt = store.servers.sharedNow()
  const kept = await privacy.keep(workflow, request)
  const row = rowOf(planned, newId('run', createdAt), kept)
  const trace = traceId === null ? row.trace : { traceId, parentId: null }
  const original = row.request === request ? null : request
  return { ...row, trace, original, waits: kept !== null, createdAt, startedAt: null }
}

async function findWorkflow(
  store: ChildDeps['store'],
  { editors }: Caller['workflow'],
  nameOrId: string,
): Promise<Workflow> {
  const shown = JSON.stringify(nameOrId.slice(0, LIMITS.nameLength))
  const found = await store.workflows.findIds(nameOrId)
  if (found.length > 1)
    throw new UserError('conflict', `${found.length} workflows have the name ${shown}: call one of them by its id.`)
  const workflow = found[0] === undefined ? null : await store.workflows.get(found[0])
  if (workflow === null) throw new UserError('not_found', `There is no workflow ${shown}.`)
  if (!mayCall(editors, workflow.editors)) {
    const message = `The workflow ${shown} is restricted, and not every editor of the calling workflow is one of its editors.`
    throw new UserError('forbidden', message)
  }
  if (workflow.archived) throw new UserError('archived', `The workflow ${shown} is archived.`)
  if (!workflow.enabled) throw new UserError('disabled', `The workflow ${shown} is disabled.`)
  return workflow
}

function requestOf(workflow: Workflow, { headers, query, json }: AskedRun): RunRequest | null {
  if (workflow.kind === 'pull') {
    if (json === null && headers.length === 0 && query === '') return null
    throw new UserError('bad_request', 'A pull workflow takes no request.')
  }
  const body = Buffer.from(json ?? '')
  if (body.length > workflow.bodyLimitBytes) {
    const message = `The request takes ${body.length} bytes as JSON; at most ${workflow.bodyLimitBytes} are allowed.`
    throw new UserError('payload_too_large', message)
  }
  const problem = json === null ? null : validateShortJson(body, LIMITS.bodyDepth)
  if (problem !== null) throw new UserError('bad_request', `The request is no JSON for a hook: ${problem.message}.`)
  const own = headers.filter(([name]) => name.toLowerCase() !== 'content-type')
  const type = json === null ? [] : [['Content-Type', 'application/json'] as const]
  const url = `/hooks/${workflow.hookKey ?? ''}${query === '' ? '' : `?${query}`}`
  return { method: 'POST', url, query, headers: [...own, ...type], body }
}
