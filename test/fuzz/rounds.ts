/** Random values of fast-check for a time. */

import fc from 'fast-check'
import { SEED } from '../helpers/seed.ts'

const ROUND = 50

/**
 * Checks a property in rounds of 50 values, the first with `seed`, until `seconds` have passed. The failure names the
 * seed of its round. No round is interrupted: fast-check reports a round as failed that is interrupted during its first
 * value, and on a busy machine one call takes that long.
 */
export async function checkFor<T>(
  seconds: number,
  property: fc.IAsyncProperty<T>,
  { seed = SEED, shrink = true }: { readonly seed?: number; readonly shrink?: boolean } = {},
): Promise<void> {
  const endsAt = performance.now() + seconds * 1000
  let round = 0
  do {
    await fc.assert(property, { numRuns: ROUND, seed: seed + round, endOnFailure: !shrink })
    round += 1
  } while (performance.now() < endsAt)
}
