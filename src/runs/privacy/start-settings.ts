import type { Snapshot } from '../../domain/settings/settings.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import type { NewRun } from '../../store/runs/rows/records.ts'
import type { StoreUse } from '../../store/store.ts'

export type StartSettings = {
  readonly snapshot: Snapshot
  readonly former: readonly string[]
}

export async function settingsOf(
  store: StoreUse<{ settings: 'getSnapshot' | 'getSharedSnapshot' | 'listFormerSecrets' }>,
  workflow: Workflow,
  trial?: { readonly snapshot: Snapshot },
  stored?: NewRun,
): Promise<StartSettings> {
  const snapshot = trial?.snapshot ?? (await snapshotOf(store, workflow, stored))
  return { snapshot, former: await store.settings.listFormerSecrets(workflow, snapshot) }
}

/** A workflow's own settings override the shared ones. */
async function snapshotOf(
  store: StoreUse<{ settings: 'getSnapshot' | 'getSharedSnapshot' }>,
  { id, sharedSettings }: Workflow,
  stored?: NewRun,
): Promise<Snapshot> {
  const own = await store.settings.getSnapshot(id, stored)
  if (sharedSettings.length === 0) return own
  const missing = sharedSettings.filter((key) => !own.has(key))
  return new Map([...own, ...(await store.settings.getSharedSnapshot(missing))])
}
