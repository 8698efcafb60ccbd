/** Whether what a server holds stays as it is: the slope of each figure over the measured minutes, against a bound. */

import type { Held } from './measure.ts'

/** What was held in a minute: in the middle, but for what is never more for long; and the calls of that minute. */
export type Minute = Held & {
  readonly minute: number
  readonly isWarmUp: boolean
  readonly calls: number
  readonly failed: number
}

export type Verdict = {
  readonly what: string
  /** The level in the middle of the measured part. */
  readonly level: number
  /** What the slope adds over the measured part. */
  readonly growth: number
  readonly bound: number
  readonly isFlat: boolean
}

/** In the unit of each figure; `share`: of its level. The larger one counts. */
type Bound = { readonly share: number; readonly least: number }

/**
 * Over the measured part, however long it is. Two more sandboxes that wait for their next run are no growth: how many there are
 * varies with the load, and each is up to three processes, some 24 MiB with the pages that it shares, and four descriptors of the
 * server. The heap varies by what the collector has left, the database by the pages that retention has freed.
 */
const BOUNDS: readonly { what: string; read: (minute: Minute) => number; bound: Bound }[] = [
  { what: 'memory, MiB', read: ({ rssMib }) => rssMib, bound: { share: 0.05, least: 8 } },
  { what: 'heap, MiB', read: ({ heapMib }) => heapMib, bound: { share: 0.05, least: 4 } },
  { what: 'memory of the other processes, MiB', read: ({ othersMib }) => othersMib, bound: { share: 0.05, least: 48 } },
  { what: 'descriptors', read: ({ descriptors }) => descriptors, bound: { share: 0.05, least: 8 } },
  { what: 'processes', read: ({ processes }) => processes, bound: { share: 0.05, least: 6 } },
  { what: 'disk, MiB', read: ({ databaseMib, logMib }) => databaseMib + logMib, bound: { share: 0.05, least: 1 } },
]

/** One for each figure. What falls is flat. */
export function judge(minutes: readonly Minute[]): readonly Verdict[] {
  return BOUNDS.map(({ what, read, bound: { share, least } }) => {
    const values = minutes.map(read)
    const level = median(values)
    const growth = slopeOf(values) * (values.length - 1)
    const bound = Math.max(level * share, least)
    return { what, level, growth, bound, isFlat: growth <= bound }
  })
}

/** The median of the slopes of all pairs (Theil and Sen): one unusual minute does not tilt it. */
export function slopeOf(values: readonly number[]): number {
  const slopes = values.flatMap((value, index) =>
    values.slice(index + 1).map((later, distance) => (later - value) / (distance + 1)),
  )
  return slopes.length === 0 ? 0 : median(slopes)
}

/** 0 for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle - 0.5)] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
