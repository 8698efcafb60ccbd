/** Reads run_counts, which the job keeps. */

import { type RawBuilder, sql } from 'kysely'
import { addDurations, type Counts, mergeRanges, type Range } from '../../../domain/runs/run-counts.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { CountedRow } from './counted-runs.ts'

type Row = Omit<CountedRow, 'tests' | 'counted' | 'duration' | 'last_at'> & { readonly durations: string }

type Kept = {
  /** The workflow `''` is the sum of all. */
  readonly ids: readonly string[]
  readonly tests: boolean
  readonly ranges: readonly Range[]
}

export const lit = (values: readonly (number | string)[]): RawBuilder<unknown> =>
  sql.join(values.map((value) => sql.lit(value)))

/** SQLite allows 500 parts of a statement. */
const RANGES_PER_QUERY = 100

/**
 * Adds each row to the sum of its workflow and time. Each range is a part of the statement: PostgreSQL joined a list of
 * ranges with a scan of the whole table, and SQLite searched each key of a list, which took five times as long.
 */
export async function addKeptCounts(
  db: Db,
  { ids, tests, ranges }: Kept,
  sumOf: (row: Pick<Row, 'workflow_id' | 'at'>) => Counts | undefined,
): Promise<void> {
  if (ids.length === 0) return
  const rows: Row[] = []
  const whole = mergeRanges(ranges)
  for (let first = 0; first < whole.length; first += RANGES_PER_QUERY) {
    const parts = whole.slice(first, first + RANGES_PER_QUERY).map(
      ({ span, from, to }) => sql`select workflow_id, at, attempts, failed_attempts, calls, failed_calls, durations
        from run_counts where workflow_id in (${sql.join(ids)}) and tests in (${lit(tests ? [0, 1] : [0])})
        and span = ${sql.lit(span)} and at >= ${sql.lit(from)} and at < ${sql.lit(to)}`,
    )
    rows.push(...(await sql<Row>`${sql.join(parts, sql` union all `)}`.execute(db)).rows)
  }
  const texts = new Map<Counts, string[]>()
  for (const row of rows) {
    const sum = sumOf({ workflow_id: row.workflow_id, at: Number(row.at) })
    if (sum === undefined) continue
    sum.attempts += Number(row.attempts)
    sum.failedAttempts += Number(row.failed_attempts)
    sum.calls += Number(row.calls)
    sum.failedCalls += Number(row.failed_calls)
    const found = texts.get(sum)
    if (found === undefined) texts.set(sum, [row.durations])
    else found.push(row.durations)
  }
  for (const [sum, found] of texts) addDurations(sum.durations, found)
}
