import type { Run } from '../../domain/runs/run.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { reasonOf } from '../../errors.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Environments } from './environments.ts'
import type { Code, Prepared, Unprepared } from './prepared.ts'

export type QueuedPreparation = {
  /** Null: the run went back to the queue. */
  prepare(run: Run, workflow: Workflow, code: Code): Promise<Prepared | Unprepared | null>
  held(): readonly string[]
}

type Options = {
  readonly environments: Environments
  readonly store: StoreUse<{ runs: 'requeue' }>
  readonly wake: () => void
}

export function createQueuedPreparation({ environments, store, wake }: Options): QueuedPreparation {
  const held = new Set<string>()

  async function hold(run: Run, workflow: Workflow, code: Code): Promise<null> {
    held.add(workflow.id)
    const release = () => {
      held.delete(workflow.id)
      wake()
    }
    try {
      await store.runs.requeue(run)
    } finally {
      environments.prepare(workflow, code, null).then(release, release)
    }
    return null
  }

  return {
    held: () => [...held],
    async prepare(run, workflow, code) {
      const ready = environments.findReady(workflow, code)
      if (ready !== null) return ready
      const problem = environments.findFailure(code)
      if (problem !== null) return { problem, code: 'load_error' }
      if (code.packages !== undefined) return await hold(run, workflow, code)
      // The packages of unsaved code are known only after their resolution.
      return await environments.prepare(workflow, code, null).catch((error: unknown) => ({
        code: 'load_error' as const,
        problem: reasonOf(error),
      }))
    },
  }
}
