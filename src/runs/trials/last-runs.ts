import { isFinal } from '../../domain/runs/run.ts'
import type { RunFilter } from '../../store/runs/rows/records.ts'
import type { Store, StoreUse } from '../../store/store.ts'

const PAGE = 200

/** Newest first, without tests, trials, and cancelled or lost runs. */
export async function lastRuns(
  store: StoreUse<{ runs: 'list' }>,
  filter: RunFilter,
  last: number,
): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['runs']['list']>> = await store.runs.list(
      { ...filter, tests: false },
      { limit: PAGE, cursor },
    )
    const ended = page.data.filter(({ status }) => isFinal(status) && status !== 'cancelled' && status !== 'lost')
    ids.push(...ended.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null && ids.length < last)
  return ids.slice(0, last)
}
