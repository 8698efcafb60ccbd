/** Finds the code of a run. Versions never change, so they are cached in memory. */

import type { Run } from '../domain/run.ts'
import type { Version, Workflow } from '../domain/workflow.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { PlannedRun } from './execute.ts'

type Code = PlannedRun['code']

export type CodeLookup = {
  /** The deployed version. Throws UserError `not_deployed`. */
  deployed(workflow: Workflow): Promise<Code>
  /** A version by its number. Throws UserError `not_found`. */
  numbered(workflow: Workflow, number: number): Promise<Code>
  /** The code that the stored run was created with, or the deployed version when that no longer exists. */
  of(run: Run, workflow: Workflow): Promise<Code>
}

const MAX_CACHED = 500

export function createCodeLookup(store: Store): CodeLookup {
  const cache = new Map<string, Version>()

  async function byId(id: string | null): Promise<Version | null> {
    if (id === null) return null
    const known = cache.get(id)
    if (known !== undefined) return known
    const version = await store.getVersionById(id)
    if (cache.size >= MAX_CACHED) cache.clear()
    if (version !== null) cache.set(id, version)
    return version
  }

  async function deployed(workflow: Workflow): Promise<Version> {
    const version = await byId(workflow.deployedVersionId)
    if (version !== null) return version
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
      const version = await store.getVersion(workflow.id, number)
      if (version === null) throw new UserError('not_found', `The workflow has no version ${number}.`)
      return version
    },
    async of(run, workflow) {
      if (run.source !== null) return { id: null, source: run.source, files: run.files }
      return (await byId(run.versionId)) ?? (await deployed(workflow))
    },
  }
}
