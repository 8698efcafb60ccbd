/** How many workers one workflow may hold. */

/**
 * Whether a workflow that holds `own` busy workers may have one more of `max`, while the other workflows hold `others`. It may
 * hold half of what the others leave, so that the next workflow finds a free worker: runs can hold theirs for an hour.
 */
export function hasShare({ own, others, max }: { own: number; others: number; max: number }): boolean {
  return own < Math.max(1, Math.floor((max - others) / 2))
}
