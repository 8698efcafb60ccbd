import { type RawBuilder, sql } from 'kysely'
import { addDurations, type Counts, mergeRanges, type Range } from '../../../domain/runs/run-counts.ts'
import { type Db, isPostgres } from '../../database/tables/tables.ts'
import type { CountedRow } from './counted-runs.ts'

type Row = Omit<CountedRow, 'tests' | 'counted' | 'duration' | 'last_at'> & { readonly durations: string }

type Kept = {
  /** `''` is the sum of all workflows. */
  readonly ids: readonly string[]
  readonly tests: boolean
  readonly ranges: readonly Range[]
}

export const lit = (values: readonly (number | string)[]): RawBuilder<unknown> =>
  sql.join(values.map((value) => sql.lit(value)))

const COLUMNS = sql`workflow_id, at, attempts, failed_attempts, calls, failed_calls, durations`

/** The cast makes PostgreSQL's columns long enough. */
const big = (number: number): RawBuilder<unknown> => sql`cast(${sql.lit(number)} as bigint)`

/** `cross join` makes the ranges the outer loop. */
const onSqlite = (values: RawBuilder<unknown>, wanted: RawBuilder<unknown>): RawBuilder<Row> =>
  sql<Row>`with ranges(span, first, last) as (values ${values})
    select ${COLUMNS} from ranges cross join run_counts where ${wanted}`

/** `offset 0` keeps PostgreSQL from scanning the whole table. */
const onPostgres = (values: RawBuilder<unknown>, wanted: RawBuilder<unknown>): RawBuilder<Row> =>
  sql<Row>`select found.* from (values ${values}) as ranges(span, first, last)
    cross join lateral (select ${COLUMNS} from run_counts where ${wanted} offset 0) as found`

/**
 * A statement reads up to 600 ranges by key. With a part per range, PostgreSQL planned 200 ranges in 45 ms. With a list
 * of keys, both engines searched each key.
 */
export async function addKeptCounts(
  db: Db,
  { ids, tests, ranges }: Kept,
  sumOf: (row: Pick<Row, 'workflow_id' | 'at'>) => Counts | undefined,
): Promise<void> {
  if (ids.length === 0 || ranges.length === 0) return
  const values = mergeRanges(ranges).map(({ span, from, to }) => sql`(${big(span)}, ${big(from)}, ${big(to)})`)
  const wanted = sql`workflow_id in (${sql.join(ids)}) and tests in (${lit(tests ? [0, 1] : [0])})
    and run_counts.span = ranges.span and at >= ranges.first and at < ranges.last`
  const query = isPostgres(db) ? onPostgres : onSqlite
  const { rows } = await query(sql.join(values), wanted).execute(db)
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
