import { type RawBuilder, sql } from 'kysely'
import { PRODUCTION_TRIGGERS, TRIGGERS } from '../../../domain/runs/run.ts'
import {
  addTo,
  type Counts,
  coverTime,
  noCounts,
  percentileOf,
  type Range,
  readDurations,
  SPANS,
  spanAt,
} from '../../../domain/runs/run-counts.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { RunStatsBucket, StatsQuery } from '../rows/records.ts'
import { type CountedRow, countedRuns, selectOpen, toCounts } from './counted-runs.ts'

/** Limits of runs that are not in run_counts. Older runs are counted in the background after an upgrade. */
const MAX_RECENT = 200_000
const MAX_OLDER = 5000
const [MINUTE, , HOUR] = SPANS

type Bucket = {
  readonly number: number
  readonly from: number
  readonly to: number
  /** The part that run_counts has. */
  readonly sealed: { readonly from: number; readonly to: number }
}

export type Part = { readonly number: number; readonly from: number; readonly to: number }
type Reach = { readonly since: number; readonly until: number }

export async function selectRunStats(db: Db, query: StatsQuery): Promise<readonly RunStatsBucket[]> {
  const reach = await readReach(db)
  const buckets = listBuckets(query, reach)
  const sums = buckets.map(noCounts)
  const add = (number: number, counts: Counts): void => {
    const sum = sums[number]
    if (sum !== undefined) addTo(sum, counts)
  }
  const ranges = buckets.flatMap(({ number, sealed }) =>
    coverTime(sealed.from, sealed.to).map((range) => ({ ...range, number })),
  )
  for (const { number, counts } of await readCounts(db, query, ranges)) add(number, counts)
  const live = new Map<number, number>()
  for (const part of buckets.flatMap(listLive)) {
    const limit = limitOf(part, reach)
    const counts = await countLive(db, query, part, limit)
    live.set(part.number, Math.max(live.get(part.number) ?? 0, counts.attempts / limit))
    add(part.number, counts)
  }
  for (const row of await selectOpen(db)) {
    if ((query.workflowId ?? row.workflow_id) !== row.workflow_id || (row.tests === 1 && query.tests !== true)) continue
    const bucket = buckets.find(({ sealed }) => row.at >= sealed.from && row.at < sealed.to)
    if (bucket !== undefined) add(bucket.number, toCounts(row))
  }
  return buckets.map(({ number, from }) => toBucket(from, sums[number] ?? noCounts(), (live.get(number) ?? 0) >= 1))
}

export const limitOf = ({ from }: Pick<Part, 'from'>, { until }: Reach): number =>
  from >= until - HOUR ? MAX_RECENT : MAX_OLDER

export const readReach = async (db: Db): Promise<Reach> =>
  (await db.selectFrom('run_counts_reach').selectAll().executeTakeFirst()) ?? { since: 0, until: 0 }

/**
 * Edges between buckets are full minutes, or full hours where minutes are not kept. The edges of long buckets are
 * rounded by up to a 60th of their width.
 */
function listBuckets({ since, until, buckets }: StatsQuery, reach: Reach): readonly Bucket[] {
  const width = Math.max(1, Math.ceil((until - since) / buckets))
  const rounding = SPANS.findLast((span) => span <= width / 60) ?? MINUTE
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

type NumberedRange = Range & { readonly number: number }
type Sum = { readonly number: number; readonly counts: Counts }

async function readCounts(db: Db, query: StatsQuery, ranges: readonly NumberedRange[]): Promise<readonly Sum[]> {
  if (ranges.length === 0) return []
  const lit = (numbers: readonly number[]) => sql.join(numbers.map((number) => sql.lit(number)))
  const values = sql.join(ranges.map(({ number, span, from, to }) => sql`(${lit([number, span, from, to])})`))
  // `cross join` makes SQLite read the ranges first. The other order took 900 ms instead of 3.
  const { rows } = await sql<SumRow>`
    with ranges(number, span, start, stop) as (values ${values})
    select ranges.number, attempts, failed_attempts, calls, failed_calls, durations
    from ranges cross join run_counts
    where run_counts.span = ranges.span and run_counts.at >= ranges.start and run_counts.at < ranges.stop
      and run_counts.workflow_id = ${query.workflowId ?? ''}
      and run_counts.tests in (${lit(query.tests === true ? [0, 1] : [0])})`.execute(db)
  return rows.map(({ number, durations, ...row }) => ({
    number,
    counts: { ...toCounts({ ...row, counted: 0, duration: null }), durations: readDurations(durations) },
  }))
}

type SumRow = Omit<CountedRow, 'workflow_id' | 'tests' | 'at' | 'last_at' | 'duration' | 'counted'> & {
  readonly number: number
  readonly durations: string
}

const wanted = ({ workflowId, tests }: StatsQuery): RawBuilder<unknown> =>
  sql`${workflowId === undefined ? sql`true` : sql`workflow_id = ${workflowId}`}
    and trigger in (${sql.join((tests === true ? TRIGGERS : PRODUCTION_TRIGGERS).map((one) => sql.lit(one)))})`

async function countLive(db: Db, query: StatsQuery, { from, to }: Part, limit: number): Promise<Counts> {
  const newest = sql`from (select * from runs
    where ${wanted(query)} and created_at >= ${from} and created_at < ${to}
    order by created_at desc limit ${sql.lit(limit)}) as runs`
  const { rows } = await countedRuns(newest).execute(db)
  const sum = noCounts()
  for (const row of rows) addTo(sum, toCounts(row))
  return sum
}

function toBucket(startsAt: number, counts: Counts, isCapped: boolean): RunStatsBucket {
  return {
    startsAt,
    total: counts.attempts,
    failed: counts.failedAttempts,
    calls: counts.calls,
    failedCalls: counts.failedCalls,
    isCapped,
    p50Ms: percentileOf(counts.durations, 0.5),
    p95Ms: percentileOf(counts.durations, 0.95),
  }
}

/** Nearest-rank percentile for a share from 0 to 1. */
export function percentile(values: readonly number[], share: number): number | null {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return percentileOf(counts, share)
}
