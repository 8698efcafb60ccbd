import type { OwnSetting } from '../../../domain/settings/settings.ts'
import type { Store } from '../../../store/store.ts'

const PAGE = 200

/** Includes secrets. At most 1 MiB. */
export async function listAllSettings(store: Store, workflowId: string): Promise<readonly OwnSetting[]> {
  const settings: OwnSetting[] = []
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<Store['settings']['list']>> = await store.settings.list(workflowId, {
      limit: PAGE,
      cursor,
    })
    settings.push(...page.data)
    cursor = page.nextCursor
    if (cursor === null) return settings
  }
}
