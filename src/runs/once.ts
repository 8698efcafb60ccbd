/** One run for all calls with one idempotency key. */

import type { IdempotencyKey } from '../domain/idempotency.ts'
import type { Run } from '../domain/run.ts'
import { UserError } from '../errors.ts'
import type { RunDeps } from './execute.ts'

/**
 * Calls `start` for a key's first call, and `again` with the run of that for any later one.
 * Throws UserError `key_reused` when the later one's body is another.
 */
export async function startOnce<T>(
  path: RunDeps,
  key: IdempotencyKey,
  { start, again }: { start: () => Promise<T>; again: (run: Run) => T },
): Promise<T> {
  const known = await findRun(path, key)
  if (known !== null) return again(known)
  try {
    return await start()
  } catch (error) {
    // Another call was faster: this one made no run, and the other may be over by now.
    if (!(error instanceof UserError) || error.code !== 'key_in_use') throw error
    const other = await findRun(path, key)
    if (other === null) throw error
    return again(other)
  }
}

/** Null when no call has had the key. */
async function findRun({ store, now }: RunDeps, key: IdempotencyKey): Promise<Run | null> {
  const found = await store.findKey(key.id, now())
  if (found === null) return null
  if (found.body !== key.body) {
    throw new UserError('key_reused', 'The idempotency key came before with another body: use a new key for each call.')
  }
  const run = await store.getAnswer(found.runId)
  if (run !== null) return run
  throw new UserError('conflict', 'The run of this idempotency key is not kept any more, and nothing runs twice.')
}
