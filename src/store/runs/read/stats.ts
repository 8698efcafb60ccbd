import { type RawBuilder, sql } from 'kysely'
import { PRODUCTION_TRIGGERS, TRIGGERS } from '../../../domain/runs/run.ts'
import {
  addTo,
  type Counts,
  coverTime,
  noCounts,
  percentileOf,
  percentilesOf,
  SPANS,
  spanAt,
} from '../../../domain/runs/run-counts.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { RunStatsBucket, StatsQuery } from '../rows/records.ts'
import { selectOpen, summedRuns, toCounts } from './counted-runs.ts'
import { addKeptCounts, lit } from './kept-counts.ts'

/** Limits of runs outside run_counts, which an upgrade fills in the background. */
const MAX_RECENT = 200_000
const MAX_OLDER = 5000
const [MINUTE, , HOUR] = SPANS

type Bucket = {
  readonly number: number
  readonly from: number
  readonly to: number
  /** The part in run_counts. */
  readonly sealed: { readonly from: number; readonly to: number }
}

export type Part = { readonly number: number; readonly from: number; readonly to: number }
type Reach = { readonly since: number; readonly until: number }

export async function selectRunStats(db: Db, query: StatsQuery): Promise<readonly RunStatsBucket[]> {
  const reach = await readReach(db)
  const buckets = listBuckets(query, reach)
  const sums = buckets.map(noCounts)
  const numberAt = finder(buckets)
  const sumAt = (at: number): Counts | undefined => sums[numberAt(at)]
  await addKeptCounts(db, keptBy(query, buckets), ({ at }) => sumAt(at))
  const live = new Map<number, number>()
  for (const part of buckets.flatMap(listLive)) {
    const limit = limitOf(part, reach)
    const counts = await countLive(db, query, part, limit)
    live.set(part.number, Math.max(live.get(part.number) ?? 0, counts.attempts / limit))
    const sum = sums[part.number]
    if (sum !== undefined) addTo(sum, counts)
  }
  for (const row of await selectOpen(db)) {
    if ((query.workflowId ?? row.workflow_id) !== row.workflow_id || (row.tests === 1 && query.tests !== true)) continue
    const sum = sumAt(row.at)
    if (sum !== undefined) addTo(sum, toCounts(row))
  }
  return buckets.map(({ number, from }) => toBucket(from, sums[number] ?? noCounts(), (live.get(number) ?? 0) >= 1))
}

/** Returns -1 if no bucket has the time. Rows come in order. */
function finder(buckets: readonly Bucket[]): (at: number) => number {
  let last = 0
  return (at) => {
    const has = (bucket: Bucket | undefined) =>
      bucket !== undefined && at >= bucket.sealed.from && at < bucket.sealed.to
    if (!has(buckets[last])) last = buckets.findIndex(has)
    return last
  }
}

export const limitOf = ({ from }: Pick<Part, 'from'>, { until }: Reach): number =>
  from >= until - HOUR ? MAX_RECENT : MAX_OLDER

export const readReach = async (db: Db): Promise<Reach> =>
  (await db.selectFrom('run_counts_reach').selectAll().executeTakeFirst()) ?? { since: 0, until: 0 }

/**
 * Edges are full minutes, or hours where minutes are not kept. Longer spans mean fewer rows, so edges are multiples of
 * the longest span that is at most a twelfth of the width, or a third if it divides the width.
 */
function listBuckets({ since, until, buckets }: StatsQuery, reach: Reach): readonly Bucket[] {
  const width = Math.max(1, Math.ceil((until - since) / buckets))
  const rounding = SPANS.findLast((span) => span <= width / 12 || (span <= width / 3 && width % span === 0)) ?? MINUTE
  const align = (time: number): number => {
    const span = Math.max(rounding, spanAt(time, reach.until))
    return width < 2 * MINUTE || width < span ? time : Math.round(time / span) * span
  }
  return Array.from({ length: buckets }, (_, number) => {
    const from = number === 0 ? since : align(since + number * width)
    const to = Math.max(from, number === buckets - 1 ? since + buckets * width : align(since + (number + 1) * width))
    return { number, from, to, sealed: sealedPart(from, to, reach) }
  })
}

export function sealedPart(from: number, to: number, reach: Reach): Bucket['sealed'] {
  const [start, end] = [Math.max(from, reach.since), Math.min(to, reach.until)]
  const [first, last] = [spanAt(start, reach.until), spanAt(end, reach.until)]
  return { from: Math.ceil(start / first) * first, to: Math.floor(end / last) * last }
}

export function listLive({ number, from, to, sealed }: Bucket): readonly Part[] {
  const parts =
    sealed.from < sealed.to
      ? [
          { number, from, to: sealed.from },
          { number, from: sealed.to, to },
        ]
      : [{ number, from, to }]
  return parts.filter((part) => part.from < part.to)
}

const keptBy = ({ workflowId, tests }: StatsQuery, buckets: readonly Bucket[]) => ({
  ids: [workflowId ?? ''],
  tests: tests === true,
  ranges: buckets.flatMap(({ sealed }) => coverTime(sealed.from, sealed.to)),
})

const wanted = ({ workflowId, tests }: StatsQuery): RawBuilder<unknown> =>
  sql`${workflowId === undefined ? sql`true` : sql`workflow_id = ${workflowId}`}
    and trigger in (${lit(tests === true ? TRIGGERS : PRODUCTION_TRIGGERS)})`

async function countLive(db: Db, query: StatsQuery, { from, to }: Part, limit: number): Promise<Counts> {
  const newest = sql`from (select * from runs
    where ${wanted(query)} and created_at >= ${from} and created_at < ${to}
    order by created_at desc limit ${sql.lit(limit)}) as runs`
  const { rows } = await summedRuns(newest).execute(db)
  const sum = noCounts()
  for (const row of rows) addTo(sum, toCounts(row))
  return sum
}

function toBucket(startsAt: number, counts: Counts, isCapped: boolean): RunStatsBucket {
  const [p50 = null, p95 = null] = percentilesOf(counts.durations, [0.5, 0.95])
  return {
    startsAt,
    total: counts.attempts,
    failed: counts.failedAttempts,
    calls: counts.calls,
    failedCalls: counts.failedCalls,
    isCapped,
    p50Ms: p50,
    p95Ms: p95,
  }
}

/** Nearest-rank percentile. `share` is 0 to 1. */
export function percentile(values: readonly number[], share: number): number | null {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return percentileOf(counts, share)
}
