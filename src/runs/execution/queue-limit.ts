import { UserError } from '../../errors.ts'
import type { StoreUse } from '../../store/store.ts'

/** In a longer queue, calls arrive faster than they can ever run. */
const MAX_QUEUED = 10_000

/** Throws UserError `busy` if too many of the workflow's runs are queued. */
export async function assertQueueFree(store: StoreUse<{ runs: 'countQueued' }>, workflowId: string): Promise<void> {
  if ((await store.runs.countQueued(workflowId, MAX_QUEUED)) < MAX_QUEUED) return
  throw new UserError('busy', `${MAX_QUEUED} runs of this workflow are already queued. Call again later.`, {
    retryAfterSeconds: 60,
  })
}
