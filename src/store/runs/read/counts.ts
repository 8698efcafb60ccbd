import { type RawBuilder, sql } from 'kysely'
import { PRODUCTION_TRIGGERS, TRIGGERS } from '../../../domain/runs/run.ts'
import { addTo, type Counts, coverTime, noCounts, percentileOf, SPANS } from '../../../domain/runs/run-counts.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { CountedTime, RunCounts, RunTotals } from '../rows/records.ts'
import { type CountedRow, countedRuns, selectOpen, toCounts } from './counted-runs.ts'
import { addKeptCounts, lit } from './kept-counts.ts'
import { limitOf, listLive, type Part, readReach, sealedPart } from './stats.ts'

/** Null: all workflows. */
type Ids = readonly string[] | null

const HOUR = SPANS[2]

export async function countRuns(db: Db, time: CountedTime, most: number): Promise<RunCounts> {
  const { sealed, parts } = await divide(db, time)
  const live = [...(await readLive(db, time, parts, null)), ...(await readOpen(db, time, sealed, null))]
  const all = (await readSealed(db, time, sealed, null)).get('') ?? noCounts()
  for (const row of live) addTo(all, toCounts(row))
  const failedAt = await listFailedHours(db, time, sealed, most)
  for (const { workflow_id, failed_attempts, last_at } of live) {
    if (Number(failed_attempts) === 0) continue
    failedAt.set(workflow_id, Math.max(failedAt.get(workflow_id) ?? 0, Number(last_at)))
  }
  const ids = [...failedAt].sort(([, one], [, other]) => other - one).map(([id]) => id)
  const chosen = ids.slice(0, most)
  const sums = await readSealed(db, time, sealed, chosen)
  for (const row of live) if (chosen.includes(row.workflow_id)) addTo(sumOf(sums, row.workflow_id), toCounts(row))
  const failing = chosen.map((workflowId) => ({ workflowId, ...toTotals(sumOf(sums, workflowId)) }))
  return { ...toTotals(all), failing: failing.filter(({ failed }) => failed > 0) }
}

export async function selectTotals(
  db: Db,
  time: CountedTime,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RunTotals>> {
  if (ids.length === 0) return new Map()
  const { sealed, parts } = await divide(db, time)
  const sums = await readSealed(db, time, sealed, ids)
  const live = [...(await readLive(db, time, parts, ids)), ...(await readOpen(db, time, sealed, ids))]
  for (const row of live) addTo(sumOf(sums, row.workflow_id), toCounts(row))
  return new Map([...sums].map(([id, counts]) => [id, toTotals(counts)]))
}

const toTotals = ({ attempts, failedAttempts, calls, failedCalls, durations }: Counts): RunTotals => ({
  total: attempts,
  failed: failedAttempts,
  calls,
  failedCalls,
  p95Ms: percentileOf(durations, 0.95),
})

function sumOf(sums: Map<string, Counts>, id: string): Counts {
  const found = sums.get(id) ?? noCounts()
  sums.set(id, found)
  return found
}

type Sealed = ReturnType<typeof sealedPart>

/** `sealed` is read from run_counts, `parts` from runs. */
async function divide(db: Db, { since, until }: CountedTime): Promise<{ sealed: Sealed; parts: readonly LivePart[] }> {
  const reach = await readReach(db)
  const sealed = sealedPart(since, until, reach)
  const parts = listLive({ number: 0, from: since, to: until, sealed })
  return { sealed, parts: parts.map((part) => ({ ...part, limit: limitOf(part, reach) })) }
}

type LivePart = Part & { readonly limit: number }

const testsOf = ({ tests }: CountedTime): RawBuilder<unknown> => lit(tests === true ? [0, 1] : [0])

/** Conditions on both columns select the index by state. */
const wanted = ({ tests }: CountedTime, ids: Ids): RawBuilder<unknown> =>
  sql`trigger in (${lit(tests === true ? TRIGGERS : PRODUCTION_TRIGGERS)})
    ${ids === null ? sql`` : sql`and workflow_id in (${sql.join(ids)})`}`

async function readSealed(db: Db, time: CountedTime, { from, to }: Sealed, ids: Ids): Promise<Map<string, Counts>> {
  const sums = new Map<string, Counts>()
  const kept = { ids: ids ?? [''], tests: time.tests === true, ranges: coverTime(from, to) }
  await addKeptCounts(db, kept, ({ workflow_id }) => sumOf(sums, workflow_id))
  return sums
}

async function readLive(
  db: Db,
  time: CountedTime,
  parts: readonly LivePart[],
  ids: Ids,
): Promise<readonly CountedRow[]> {
  const found: CountedRow[] = []
  for (const { from, to, limit } of parts) {
    const newest = sql`from (select * from runs
      where ${wanted(time, ids)} and created_at >= ${from} and created_at < ${to}
      order by created_at desc limit ${sql.lit(limit)}) as runs`
    found.push(...(await countedRuns(newest).execute(db)).rows)
  }
  return found
}

async function readOpen(db: Db, time: CountedTime, { from, to }: Sealed, ids: Ids): Promise<readonly CountedRow[]> {
  if (from >= to) return []
  const isWanted = ({ workflow_id, tests, at }: CountedRow): boolean =>
    (ids === null || ids.includes(workflow_id)) && (tests === 0 || time.tests === true) && at >= from && at < to
  return (await selectOpen(db)).filter(isWanted)
}

async function listFailedHours(
  db: Db,
  time: CountedTime,
  { from, to }: Sealed,
  most: number,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ workflow_id: string; last_at: number }>`
    select workflow_id, max(at) as last_at from run_counts
    where span = 3600000 and failed_attempts > 0 and at >= ${from - HOUR} and at < ${to}
      and workflow_id <> '' and tests in (${testsOf(time)})
    group by workflow_id order by last_at desc limit ${sql.lit(most)}`.execute(db)
  return new Map(rows.map(({ workflow_id, last_at }) => [workflow_id, Number(last_at)]))
}
