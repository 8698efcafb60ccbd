import { endsOf } from '../../domain/runs/child-run.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import type { EndedChild, StoredEnd } from '../../store/runs/rows/step-records.ts'
import { secretsOf } from '../privacy/redact-run.ts'
import { settingsOf } from '../privacy/start-settings.ts'
import type { RunDeps } from './execute.ts'
import { showOf } from './show.ts'

type Deps = Pick<RunDeps, 'store' | 'privacy' | 'redactors' | 'log'>

/** Small batches delay other writes less. */
const BATCH = 50

/** Returns the number of settled runs. Each end counts once, although all servers do it. */
export async function settleChildren(deps: Deps): Promise<number> {
  const { store, log } = deps
  let settled = 0
  for (const child of await store.runs.listEndedChildren(BATCH)) {
    try {
      const result = await endOf(deps, child)
      if (await store.runs.settleChild({ child, result, now: store.servers.sharedNow() })) settled += 1
    } catch (error) {
      log.error({ err: error, runId: child.id }, 'a run that called another could not get its end; trying again')
    }
  }
  return settled
}

/** Null: another attempt follows or no run waits. */
async function endOf(deps: Deps, { id, firstId, caller }: EndedChild): Promise<StoredEnd | null> {
  const { store } = deps
  const last = await store.runs.findAnswer(firstId)
  const [run, workflow] = await Promise.all([store.runs.get(id), caller && store.workflows.get(caller.workflowId)])
  if (last?.id !== id || run === null || workflow === null) return null
  const called = await store.workflows.get(run.workflowId)
  const given = called === null || called.privacy === null ? null : await store.privacy.readAnswer(run.id)
  const { end, seen } = endsOf(run, called, given && { outcome: given })
  return { ...end, shown: await show(deps, workflow, seen) }
}

/** The calling workflow has its own secrets and privacy rules. */
async function show({ store, privacy, redactors }: Deps, workflow: Workflow, seen: string): Promise<string> {
  const { snapshot, former } = await settingsOf(store, workflow)
  const kept = await privacy.keep(workflow, null)
  return await showOf(redactors, kept, seen, secretsOf(workflow, snapshot, former))
}
