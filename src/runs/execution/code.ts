/** Versions never change, so they are cached. */

import { LRUCache } from 'lru-cache'
import type { Run } from '../../domain/runs/run.ts'
import { isDurable } from '../../domain/runs/steps.ts'
import type { Version, Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import { mayDeclare } from '../packages/prepared.ts'
import type { PlannedRun } from './planned.ts'

type RunCode = PlannedRun['code']
type SavedCode = RunCode & { readonly id: string }

export type CodeLookup = {
  deployed(workflow: Workflow): Promise<RunCode>
  numbered(workflow: Workflow, number: number): Promise<RunCode>
  /** The deployed version if the run's was deleted. */
  of(run: Run, workflow: Workflow): Promise<RunCode>
}

const MAX_CACHED = 500

export function createCodeLookup(store: Store): CodeLookup {
  const cache = new LRUCache<string, SavedCode>({ max: MAX_CACHED })
  const ids = new LRUCache<string, string>({ max: MAX_CACHED })

  async function byId(id: string | null): Promise<SavedCode | null> {
    if (id === null) return null
    const known = cache.get(id)
    if (known !== undefined) return known
    const version = await store.workflows.getVersionById(id)
    if (version === null) return null
    const code = codeOf(version)
    // A draft's packages may be resolved later.
    if (isSettled(version)) cache.set(id, code)
    return code
  }

  async function deployed(workflow: Workflow): Promise<RunCode> {
    const code = await byId(workflow.deployedVersionId)
    if (code !== null) return code
    throw new UserError(
      'not_deployed',
      'The workflow has no deployed version yet. Save and deploy its function first.',
      {
        retryAfterSeconds: 60,
      },
    )
  }

  return {
    deployed,
    async numbered(workflow, number) {
      const name = `${workflow.id} ${number}`
      const known = await byId(ids.get(name) ?? null)
      if (known !== null) return known
      const version = await store.workflows.getVersion(workflow.id, number)
      if (version === null) throw new UserError('not_found', `The workflow has no version ${number}.`)
      ids.set(name, version.id)
      return codeOf(version)
    },
    async of(run, workflow) {
      if (run.source !== null) {
        const code = { source: run.source, files: run.files }
        return { id: null, ...code, durable: isDurable(code, workflow.runtime) }
      }
      return (await byId(run.versionId)) ?? (await deployed(workflow))
    },
  }
}

const isSettled = (version: Version): boolean => version.packages !== null || !mayDeclare(version)

function codeOf(version: Version): SavedCode {
  const { id, number, source, files, packages, durable } = version
  const code = { id, number, source, files, durable }
  return isSettled(version) ? { ...code, packages } : code
}
