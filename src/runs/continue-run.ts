import type { Run } from '../domain/runs/run.ts'
import type { Actor } from '../domain/shared/actor.ts'
import type { Wake as StoredWake } from '../store/runs/rows/step-records.ts'
import { type Admission, getRun, getWorkflow } from './admit.ts'
import type { Replay } from './calls.ts'
import type { RunDeps } from './execution/execute.ts'

type Deps = { readonly admission: Admission; readonly queue: { readonly wake: () => void } }

/** The next attempt keeps the stored calls. */
export async function continueRun({ admission, queue }: Deps, { runId, version, by }: Replay): Promise<Run> {
  const { store, now } = admission.deps
  const { workflowId } = await getRun(store, runId)
  const workflow = await getWorkflow(store, workflowId)
  const code = version === null ? null : await admission.code.numbered(workflow, version)
  const at = now()
  const line = { at, by, action: 'run.replay', workflowId } as const
  const entryOf = (id: string) => ({ ...line, detail: `${runId} as ${id}, from its steps` })
  const id = await store.runs.continue({ runId, versionId: code?.id ?? null, now: at, by, entryOf })
  queue.wake()
  return await getRun(store, id)
}

type Wake = Omit<StoredWake, 'now'>

export async function wakeRun({ admission, queue }: Deps, { runId, name, by }: Wake): Promise<boolean> {
  const { store, now } = admission.deps
  const { workflowId } = await getRun(store, runId)
  const isAwake = await store.together(async (tx) => {
    if (!(await tx.runs.wake({ runId, name, by, now: store.servers.sharedNow() }))) return false
    await tx.audit.add({ at: now(), by, action: 'run.wake', workflowId, detail: runId })
    return true
  })
  if (isAwake) queue.wake()
  return isAwake
}

/** Returns false if the run had ended. Throws `not_found`. */
export async function cancel({ live, store, log, now }: RunDeps, runId: string, by: Actor): Promise<boolean> {
  log.info({ runId, by: by.id }, 'cancel a run')
  const { workflowId } = await getRun(store, runId)
  const isRequested = await store.together(async (tx) => {
    if (!(await tx.runs.requestCancel(runId, now()))) return false
    await tx.audit.add({ at: now(), by, action: 'run.cancel', workflowId, detail: runId })
    return true
  })
  if (isRequested && !live.cancel(runId)) store.servers.publish({ kind: 'cancel', runId })
  return isRequested
}
