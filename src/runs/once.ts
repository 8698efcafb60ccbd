/** One run for all calls with one idempotency key. */

import type { IdempotencyKey } from '../domain/idempotency.ts'
import { isFinal } from '../domain/run.ts'
import { UserError } from '../errors.ts'
import { keyInUse } from '../store/idempotency-keys.ts'
import type { Path } from './execute.ts'
import { type HookResult, resultOfStored } from './hook-result.ts'

/**
 * Starts the run of a key's first call; any later one gets what the first came to. Throws UserError `key_in_use`
 * while that is under way, `key_reused` when the body is another one.
 */
export async function startOnce(
  path: Path,
  key: IdempotencyKey,
  start: () => Promise<HookResult>,
): Promise<HookResult> {
  const known = await findResult(path, key)
  if (known !== null) return known
  try {
    return await start()
  } catch (error) {
    // Another call was faster: this one made no run, and the other may be over by now.
    if (!(error instanceof UserError) || error.code !== 'key_in_use') throw error
    const other = await findResult(path, key)
    if (other !== null) return other
    throw error
  }
}

/** Null when no call has had the key. */
async function findResult({ store, now }: Path, key: IdempotencyKey): Promise<HookResult | null> {
  const found = await store.findKey(key.id, now())
  if (found === null) return null
  if (found.body !== key.body) {
    throw new UserError('key_reused', 'The idempotency key came before with another body: use a new key for each call.')
  }
  const run = await store.getRun(found.runId)
  if (run === null) {
    throw new UserError('conflict', 'The run of this idempotency key is not kept any more, and nothing runs twice.')
  }
  if (!isFinal(run.status)) throw keyInUse()
  return resultOfStored(run, true)
}
