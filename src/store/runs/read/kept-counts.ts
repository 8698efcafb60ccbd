/** Reads run_counts, which the job keeps. */

import { type RawBuilder, sql } from 'kysely'
import { addDurations, addTo, type Counts, type Range } from '../../../domain/runs/run-counts.ts'
import type { Db } from '../../database/tables/tables.ts'
import { toCounts } from './counted-runs.ts'

type Row = Omit<Parameters<typeof toCounts>[0], 'counted' | 'duration'> & {
  readonly workflow_id: string
  readonly at: number
  readonly durations: string
}

type Kept = {
  /** The workflow `''` is the sum of all. */
  readonly ids: readonly string[]
  readonly tests: boolean
  readonly ranges: readonly Range[]
}

export const lit = (values: readonly (number | string)[]): RawBuilder<unknown> =>
  sql.join(values.map((value) => sql.lit(value)))

/**
 * Adds each row to the sum of its workflow and time. Each key is written out: PostgreSQL joined a list of ranges with a
 * scan of the whole table, and a chart of 100,000 runs took 370 ms.
 */
export async function addKeptCounts(
  db: Db,
  { ids, tests, ranges }: Kept,
  sumOf: (row: Pick<Row, 'workflow_id' | 'at'>) => Counts | undefined,
): Promise<void> {
  if (ids.length === 0 || ranges.length === 0) return
  const keys = new Map<number, number[]>()
  for (const { span, from, to } of ranges) {
    const found = keys.get(span) ?? []
    for (let at = from; at < to; at += span) found.push(at)
    keys.set(span, found)
  }
  const parts = [...keys].map(
    ([span, ats]) => sql`select workflow_id, at, attempts, failed_attempts, calls, failed_calls, durations
      from run_counts where workflow_id in (${sql.join(ids)}) and tests in (${lit(tests ? [0, 1] : [0])})
      and span = ${sql.lit(span)} and at in (${lit(ats)})`,
  )
  const { rows } = await sql<Row>`${sql.join(parts, sql` union all `)}`.execute(db)
  for (const { workflow_id, at, durations, ...row } of rows) {
    const sum = sumOf({ workflow_id, at: Number(at) })
    if (sum === undefined) continue
    addTo(sum, toCounts({ ...row, counted: 0, duration: null }))
    addDurations(sum.durations, durations)
  }
}
