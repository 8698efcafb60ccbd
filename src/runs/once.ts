import type { IdempotencyKey } from '../domain/hooks/idempotency.ts'
import type { Run } from '../domain/runs/run.ts'
import { UserError } from '../errors.ts'
import type { StoreUse } from '../store/store.ts'

type OnceDeps = { readonly store: StoreUse<{ runs: 'findKey' | 'getAnswer' }>; readonly now: () => number }

/**
 * Calls `start` for a key's first call, and `again` with that call's run for later ones. Throws UserError `key_reused`
 * for another body, and `conflict` if the run was deleted.
 */
export async function startOnce<T>(
  deps: OnceDeps,
  key: IdempotencyKey,
  { start, again }: { start: () => Promise<T>; again: (run: Run) => T },
): Promise<T> {
  const known = await findRun(deps, key)
  if (known !== null) return again(known)
  try {
    return await start()
  } catch (error) {
    // A concurrent call was faster.
    if (!(error instanceof UserError) || error.code !== 'key_in_use') throw error
    const other = await findRun(deps, key)
    if (other === null) throw error
    return again(other)
  }
}

async function findRun({ store, now }: OnceDeps, key: IdempotencyKey): Promise<Run | null> {
  const found = await store.runs.findKey(key.id, now())
  if (found === null) return null
  if (found.body !== key.body) {
    throw new UserError(
      'key_reused',
      'The idempotency key was used before with another body. Use a new key for each call.',
    )
  }
  const run = await store.runs.getAnswer(found.runId)
  if (run !== null) return run
  throw new UserError('conflict', 'The run of this idempotency key was deleted, and a key never runs twice.')
}
