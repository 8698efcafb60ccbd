import { setImmediate as turn } from 'node:timers/promises'
import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import type { StoreUse } from '../../../store/store.ts'

const EMPTY = '""'

/** A secret without a value becomes an empty string, which pages show as missing. */
export async function putSettings(
  store: StoreUse<{ settings: 'put' }>,
  by: Actor,
  workflowId: string,
  settings: readonly FolderSetting[],
  at: number,
): Promise<void> {
  for (const { key, value, secret } of settings) {
    await store.settings.put({ workflowId, key, value: value ?? EMPTY, secret, by, at })
    // A setting takes up to 0.3 ms, and a folder may contain 1,000.
    await turn()
  }
}
