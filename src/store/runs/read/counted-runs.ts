import { type RawBuilder, sql } from 'kysely'
import { FAILED_STATUSES, PRODUCTION_TRIGGERS } from '../../../domain/runs/run.ts'
import type { Counts } from '../../../domain/runs/run-counts.ts'
import { REPORTED } from '../../database/tables/runs.ts'
import type { Db } from '../../database/tables/tables.ts'

export type CountedRow = {
  readonly workflow_id: string
  readonly tests: 0 | 1
  readonly at: number
  readonly attempts: number
  readonly failed_attempts: number
  readonly calls: number
  readonly failed_calls: number
  /** 1: the attempts and calls are counted already. */
  readonly counted: 0 | 1
  readonly duration: number | null
  /** Creation time of the newest run. */
  readonly last_at: number
}

export const MAX_OPEN = 200

const listOf = (values: readonly string[]): RawBuilder<unknown> => sql.join(values.map((value) => sql.lit(value)))

const PRODUCTION = sql`trigger in (${listOf(PRODUCTION_TRIGGERS)})`
const FAILED = sql`(status in (${listOf(FAILED_STATUSES)}) or (warnings_json is not null and ${REPORTED}))`
const HAS_NEXT = sql`exists (select 1 from runs as next
  where next.retry_of = coalesce(runs.retry_of, runs.id) and next.attempt > runs.attempt)`

const EACH = sql`workflow_id, case when ${PRODUCTION} then 0 else 1 end as tests,
  created_at, created_at - created_at % 60000 as at, case when attempt = 1 then 1 else 0 end as is_call,
  case when ${FAILED} then 1 else 0 end as is_failed,
  case when ${FAILED} and not ${HAS_NEXT} then 1 else 0 end as is_failed_call,
  finished_at - started_at - coalesce(waited_ms, 0) as duration`

const SUMS = sql`count(*) as attempts, sum(is_failed) as failed_attempts, sum(is_call) as calls,
  sum(is_failed_call) as failed_calls`

export const countedRuns = (source: RawBuilder<unknown>, counted: 0 | 1 = 0): RawBuilder<CountedRow> =>
  sql<CountedRow>`select workflow_id, tests, at, duration, max(created_at) as last_at, ${SUMS},
    ${sql.lit(counted)} as counted
    from (select ${EACH} ${source}) as each_run group by workflow_id, tests, at, duration`

type SummedRow = Omit<CountedRow, 'workflow_id' | 'tests' | 'at' | 'last_at' | 'counted'>

/** 3,000 runs take 5 ms, and 15 ms with countedRuns, which returns a row per minute and workflow. */
export const summedRuns = (source: RawBuilder<unknown>): RawBuilder<SummedRow> =>
  sql<SummedRow>`select duration, ${SUMS} from (select ${EACH} ${source}) as each_run group by duration`

/**
 * Selects runs that were open when their minute was counted. Of those with a counted attempt it reads only the newest:
 * 100,000 took 100 ms. The job counts the outcomes of the others. More conditions would make both engines read all runs
 * of a workflow.
 */
export async function selectOpen(db: Db): Promise<readonly CountedRow[]> {
  const uncounted = sql`select run_id from run_counts_open where counted = 0`
  const newest = sql`select run_id from run_counts_open where counted = 1 order by run_id desc limit ${sql.lit(MAX_OPEN)}`
  const found = [
    await countedRuns(sql`from runs where id in (${uncounted})`).execute(db),
    await countedRuns(sql`from runs where id in (${newest})`, 1).execute(db),
  ]
  return found.flatMap(({ rows }) => rows)
}

export function toCounts(row: SummedRow & Partial<Pick<CountedRow, 'counted'>>): Counts {
  const attempts = Number(row.attempts)
  const isCounted = row.counted === 1
  return {
    attempts: isCounted ? 0 : attempts,
    failedAttempts: Number(row.failed_attempts),
    calls: isCounted ? 0 : Number(row.calls),
    failedCalls: Number(row.failed_calls),
    durations: row.duration === null ? new Map() : new Map([[Number(row.duration), attempts]]),
  }
}
