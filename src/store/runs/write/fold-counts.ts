/** The counts and their reach commit together, so each run is counted once. */

import { sql } from 'kysely'
import { isFinal } from '../../../domain/runs/run.ts'
import {
  addDurations,
  addTo,
  type Counts,
  KEPT_MS,
  noCounts,
  roundDuration,
  SPANS,
  writeDurations,
} from '../../../domain/runs/run-counts.ts'
import type { Db } from '../../database/tables/tables.ts'
import { type CountedRow, countedRuns, toCounts } from '../read/counted-runs.ts'

/** Server clocks differ by at most 60 s, and storing a run takes some time. */
const SETTLED_MS = 120_000
/** Runs per transaction. Callers wait for it. */
const MAX_RUNS = 400
const MAX_CHECKED = 1000
const KEYS_PER_QUERY = 200

type Reach = { readonly since: number; readonly until: number }

/** The next check begins after the open run `after`. Null: at the first. */
export type Folded = { readonly isMore: boolean; readonly after: string | null; readonly until: number }

/** Each call checks only some open runs, so that many of them delay no caller. */
export async function foldCounts(db: Db, now: number, after: string | null): Promise<Folded> {
  const reach = await lockReach(db, now)
  const forward = await nextForward(db, reach, now)
  if (forward !== null) await foldTime(db, forward, now)
  const until = forward?.to ?? reach.until
  if (forward?.isFull === true) return { isMore: true, after, until }
  const checked = await foldEnded(db, after, now)
  if (checked.count > 0) return { isMore: true, after: checked.after, until }
  const backward = await nextBackward(db, reach)
  if (backward === null) await prune(db, now)
  else await foldTime(db, backward, now)
  return { isMore: checked.after !== null || backward?.isFull === true, after: checked.after, until }
}

async function foldTime(db: Db, { from, to, reach }: Next, now: number): Promise<void> {
  const inTime = sql`runs.created_at >= ${from} and runs.created_at < ${to}`
  // The list covers a run that ends in between.
  await sql`insert into run_counts_open (run_id, counted) select id, 1 from runs
    where ${inTime} and status in ('queued', 'running', 'waiting')`.execute(db)
  const isOpen = sql`exists (select 1 from run_counts_open where run_counts_open.run_id = runs.id)`
  const open = await countedRuns(sql`from runs where ${inTime} and ${isOpen}`).execute(db)
  const others = await countedRuns(sql`from runs where ${inTime} and not ${isOpen}`).execute(db)
  await add(db, [...open.rows.map(attemptsOf), ...others.rows], now)
  await db.updateTable('run_counts_reach').set(reach).execute()
}

/** The update locks the row against other servers. */
async function lockReach(db: Db, now: number): Promise<Reach> {
  const lock = db.updateTable('run_counts_reach').set({ id: 1 }).returningAll()
  const reach = await lock.executeTakeFirst()
  if (reach !== undefined) return reach
  const start = now - SETTLED_MS
  await db
    .insertInto('run_counts_reach')
    .values({ id: 1, since: start, until: start })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  return await lock.executeTakeFirstOrThrow()
}

type Next = { readonly from: number; readonly to: number; readonly reach: Partial<Reach>; readonly isFull: boolean }

async function nextForward(db: Db, { until }: Reach, now: number): Promise<Next | null> {
  const settled = now - SETTLED_MS
  if (settled <= until) return null
  const row = await db
    .selectFrom('runs')
    .select('created_at')
    .where('created_at', '>=', until)
    // Without this bound, later runs fill the page, and the job never rests.
    .where('created_at', '<', settled)
    .orderBy('created_at')
    .offset(MAX_RUNS)
    .limit(1)
    .executeTakeFirst()
  const to = Math.max(row?.created_at ?? settled, until + 1)
  return { from: until, to, reach: { until: to }, isFull: row !== undefined }
}

async function nextBackward(db: Db, { since }: Reach): Promise<Next | null> {
  if (since === 0) return null
  const row = await db
    .selectFrom('runs')
    .select('created_at')
    .where('created_at', '<', since)
    .orderBy('created_at', 'desc')
    .offset(MAX_RUNS)
    .limit(1)
    .executeTakeFirst()
  const from = row === undefined ? 0 : Math.min(row.created_at + 1, since - 1)
  return { from, to: since, reach: { since: from }, isFull: row !== undefined }
}

const attemptsOf = (row: CountedRow): CountedRow => ({ ...row, failed_attempts: 0, failed_calls: 0, duration: null })

async function foldEnded(
  db: Db,
  after: string | null,
  now: number,
): Promise<Pick<Folded, 'after'> & { readonly count: number }> {
  // With a join, PostgreSQL read all runs up to the page: 60,000 for a page of 1,000.
  const page = await db
    .selectFrom('run_counts_open')
    .select(['run_id', 'counted'])
    .select(({ selectFrom }) =>
      selectFrom('runs').select('status').whereRef('runs.id', '=', 'run_counts_open.run_id').as('status'),
    )
    .where('run_id', '>', after ?? '')
    .orderBy('run_id')
    .limit(MAX_CHECKED)
    .execute()
  // The status of a deleted run is null.
  const isEnded = ({ status }: (typeof page)[number]) => status === null || isFinal(status)
  const changed = page.filter((run) => isEnded(run) || run.counted === 0).slice(0, MAX_RUNS)
  const last = changed.length === MAX_RUNS ? changed.at(-1) : page[MAX_CHECKED - 1]
  const checked = { count: changed.length, after: last?.run_id ?? null }
  const ids = (runs: typeof page) => runs.map(({ run_id }) => run_id)
  const ended = ids(changed.filter(isEnded))
  const countedBefore = ids(changed.filter((run) => isEnded(run) && run.counted === 1))
  const uncounted = ids(changed.filter((run) => isEnded(run) && run.counted === 0))
  const late = ids(changed.filter((run) => !isEnded(run)))
  const rows = [
    ...(await countAll(db, countedBefore, 1)),
    ...(await countAll(db, uncounted)),
    ...(await countAll(db, late)).map(attemptsOf),
  ]
  await add(db, rows, now)
  if (ended.length > 0) await db.deleteFrom('run_counts_open').where('run_id', 'in', ended).execute()
  if (late.length > 0) await db.updateTable('run_counts_open').set({ counted: 1 }).where('run_id', 'in', late).execute()
  return checked
}

async function countAll(db: Db, ids: readonly string[], counted: 0 | 1 = 0): Promise<readonly CountedRow[]> {
  if (ids.length === 0) return []
  return (await countedRuns(sql`from runs where id in (${sql.join(ids)})`, counted).execute(db)).rows
}

type Key = { readonly workflow_id: string; readonly tests: 0 | 1; readonly span: number; readonly at: number }

async function add(db: Db, rows: readonly CountedRow[], now: number): Promise<void> {
  const added = new Map<string, { readonly key: Key; readonly counts: Counts }>()
  for (const row of rows) {
    const counts = rounded(toCounts(row))
    for (const span of SPANS) {
      const at = Math.floor(row.at / span) * span
      // The job would delete it.
      if (at < now - (KEPT_MS.get(span) ?? Infinity)) continue
      for (const workflow_id of [row.workflow_id, '']) {
        const name = `${workflow_id} ${row.tests} ${span} ${at}`
        const found = added.get(name) ?? { key: { workflow_id, tests: row.tests, span, at }, counts: noCounts() }
        addTo(found.counts, counts)
        added.set(name, found)
      }
    }
  }
  const all = [...added.values()]
  for (let start = 0; start < all.length; start += KEYS_PER_QUERY)
    await addSome(db, all.slice(start, start + KEYS_PER_QUERY))
}

function rounded(counts: Counts): Counts {
  const durations = [...counts.durations].map(([ms, count]) => [roundDuration(ms), count] as const)
  return { ...counts, durations: new Map(durations) }
}

async function addSome(db: Db, added: readonly { readonly key: Key; readonly counts: Counts }[]): Promise<void> {
  const keys = sql.join(
    added.map(
      ({ key: { workflow_id, tests, span, at } }) =>
        sql`(${workflow_id}, ${sql.lit(tests)}, ${sql.lit(span)}, ${sql.lit(at)})`,
    ),
  )
  const found = await db
    .selectFrom('run_counts')
    .selectAll()
    .where(sql<boolean>`(workflow_id, tests, span, at) in (values ${keys})`)
    .execute()
  const before = new Map(found.map((row) => [`${row.workflow_id} ${row.tests} ${row.span} ${row.at}`, row]))
  const rows = added.map(({ key, counts }) => {
    const row = before.get(`${key.workflow_id} ${key.tests} ${key.span} ${key.at}`)
    const sum = row === undefined ? noCounts() : fromRow(row)
    addTo(sum, counts)
    return {
      ...key,
      attempts: sum.attempts,
      failed_attempts: sum.failedAttempts,
      calls: sum.calls,
      failed_calls: sum.failedCalls,
      durations: writeDurations(sum.durations),
    }
  })
  await db
    .insertInto('run_counts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['workflow_id', 'tests', 'span', 'at']).doUpdateSet(({ ref }) => ({
        attempts: ref('excluded.attempts'),
        failed_attempts: ref('excluded.failed_attempts'),
        calls: ref('excluded.calls'),
        failed_calls: ref('excluded.failed_calls'),
        durations: ref('excluded.durations'),
      })),
    )
    .execute()
}

type CountsRow = Omit<Parameters<typeof toCounts>[0], 'counted' | 'duration'> & { readonly durations: string }

function fromRow({ durations, ...row }: CountsRow): Counts {
  const counts = toCounts({ ...row, counted: 0, duration: null })
  addDurations(counts.durations, [durations])
  return counts
}

async function prune(db: Db, now: number): Promise<void> {
  for (const [span, kept] of KEPT_MS) {
    await sql`delete from run_counts where (workflow_id, tests, span, at) in (
      select workflow_id, tests, span, at from run_counts
      where span < 3600000 and span <= ${sql.lit(span)} and at < ${sql.lit(now - kept)} limit ${sql.lit(MAX_RUNS)}
    )`.execute(db)
  }
}
