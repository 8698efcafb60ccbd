/** Chart data: number of runs, failures and durations in equal time buckets. */

import { type RawBuilder, sql } from 'kysely'
import { FAILED_STATUSES, PRODUCTION_TRIGGERS, RUN_STATUSES, TRIGGERS } from '../../../domain/runs/run.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { RunStatsBucket, StatsQuery } from '../rows/records.ts'
import { REPORTED } from './list.ts'

/**
 * Limits per bucket. Runs above the first limit are not counted, and only the newest are timed. 48 full buckets took 13
 * ms at a million runs.
 */
const MAX_COUNTED = 5000
const MAX_TIMED = 100

export async function selectRunStats(db: Db, query: StatsQuery): Promise<readonly RunStatsBucket[]> {
  const { since, until, buckets, tests = false } = query
  const triggers = tests ? TRIGGERS : PRODUCTION_TRIGGERS
  const width = Math.max(1, Math.ceil((until - since) / buckets))
  const runs = query.workflowId === undefined ? sql`true` : sql`workflow_id = ${query.workflowId}`
  const start = sql`(cast(${since} as bigint) + part.number * cast(${width} as bigint))`
  const inTime = sql`${runs} and created_at >= ${start} and created_at < ${start} + cast(${width} as bigint)`
  // Conditions on both columns select the status index. Without them, the time index is used.
  const counted = tests
    ? inTime
    : sql`${inTime} and status in (${listOf(RUN_STATUSES)}) and trigger in (${listOf(triggers)})`
  const inPart = tests ? inTime : sql`${inTime} and trigger in (${listOf(triggers)})`
  const { rows } = await sql<PartRow>`
    with recursive part(number) as (
      select 0 union all select number + 1 from part where number < ${sql.lit(buckets - 1)}
    )
    select number,
      ${countUpTo(counted)} as total,
      ${countUpTo(sql`${inTime} and status in (${listOf(FAILED_STATUSES)}) and trigger in (${listOf(triggers)})`)} as failed,
      ${countUpTo(sql`${inPart} and ${REPORTED}`)} as reported,
      (select string_agg(cast(duration as text), ',') from (
        select finished_at - started_at as duration from runs
        where ${inPart} and finished_at is not null and started_at is not null
        order by created_at desc limit ${sql.lit(MAX_TIMED)}) as newest) as durations
    from part order by number`.execute(db)
  return rows.map((row) => toBucket(row, since + row.number * width))
}

type PartRow = { number: number; total: number; failed: number; reported: number; durations: string | null }

const countUpTo = (condition: RawBuilder<unknown>): RawBuilder<number> =>
  sql<number>`(select count(*) from (select 1 as one from runs where ${condition} limit ${sql.lit(MAX_COUNTED)}) as counted)`

const listOf = (values: readonly string[]): RawBuilder<unknown> => sql.join(values.map((value) => sql.lit(value)))

function toBucket({ total, failed, reported, durations }: PartRow, startsAt: number): RunStatsBucket {
  const times = durations === null ? [] : durations.split(',').map(Number)
  return {
    startsAt,
    total,
    failed: Math.min(total, failed + reported),
    isCapped: total >= MAX_COUNTED,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
  }
}

/** Returns the nearest-rank percentile for a share from 0 to 1, or null for no values. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}
