/**
 * Charts and counts of ten million runs of 90 days, on both engines: how long the store takes for each query. The job
 * of the server counts the runs first. Prints a table and renews docs/evidence/performance.md. `BENCH_RUNS` changes the
 * ten million.
 */

import { sql } from 'kysely'
import type { Database, DatabaseOptions, Engine } from '../src/store/database/database.ts'
import { openDatabase } from '../src/store/database/engines/open.ts'
import type { Db } from '../src/store/database/tables/tables.ts'
import { countRuns, selectTotals } from '../src/store/runs/read/counts.ts'
import { selectRunStats } from '../src/store/runs/read/stats.ts'
import { type Folded, foldCounts } from '../src/store/runs/write/fold-counts.ts'
import { openStore } from '../test/helpers/databases.ts'
import { addWorkflow } from '../test/helpers/store-data.ts'
import { bench, measureBoth, note, noteTimes } from './both-engines.ts'
import { timed } from './figures.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 10_000_000)
const WORKFLOWS = 200
/** A page of the list. */
const LISTED = 100
const DAY = 86_400_000
const DAYS = 90
/** Runs of one transaction. */
const UNIT = 250_000

await measureBoth('counts', measureEngine)

async function measureEngine(engine: Engine, options: DatabaseOptions): Promise<void> {
  const store = await openStore(bench, options)
  const ids: string[] = []
  for (let count = 0; count < WORKFLOWS; count += 1) ids.push((await addWorkflow(store)).id)
  // Two programs cannot open one SQLite database.
  await store.close()
  const database = await openDatabase(options)
  const now = Date.now()
  const start = performance.now()
  for (let from = 0; from < RUNS; from += UNIT) {
    const to = Math.min(from + UNIT, RUNS)
    await database.maintain((db) => writeRuns(db, engine, { ids, from, to, until: now }))
  }
  note('writing the runs, s', engine, ((performance.now() - start) / 1000).toFixed(0))
  if (engine === 'postgres') await database.maintain((db) => sql`analyze runs`.execute(db))
  note('counting them, s', engine, ((await timed(() => countAll(database, now))) / 1000).toFixed(0))
  // PostgreSQL does it by itself from time to time.
  if (engine === 'postgres') await database.maintain((db) => sql`analyze`.execute(db))
  await measureQueries(engine, database, ids, now)
  await database.close()
}

type Unit = { readonly ids: readonly string[]; readonly from: number; readonly to: number; readonly until: number }

/** The first workflow has every second run. One run in 10,000 has not ended, one in 33 failed, one in 20 is a test. */
async function writeRuns(db: Db, engine: Engine, { ids, from, to, until }: Unit): Promise<void> {
  const numbers =
    engine === 'postgres'
      ? sql`select cast(n as bigint) as n from generate_series(${sql.lit(from)}, ${sql.lit(to - 1)}) as n`
      : sql`with recursive each_number(n) as (select ${sql.lit(from)} union all select n + 1 from each_number
        where n < ${sql.lit(to - 1)}) select n from each_number`
  const workflows = sql.join(ids.map((id, index) => sql`(${sql.lit(index)}, ${sql.lit(id)})`))
  const oldest = until - DAYS * DAY
  await sql`insert into runs (id, workflow_id, trigger, status, keep_settings, created_at, started_at, finished_at, attempt)
    select 'run_' || (100000000 + n), workflows.id, case when mark % 20 = 7 then 'test' else 'hook' end,
      case when mark % 10000 = 5 then 'waiting' when mark % 33 = 5 then 'failed' else 'succeeded' end, 1,
      at, at + 3, case when mark % 10000 = 5 then null else at + 3 + mark % 41 * (mark % 97) end, 1
    from (select n, n * 7919 % 1000003 as mark,
      cast(${sql.lit(oldest)} + n * ${sql.lit(DAYS * DAY)} / ${sql.lit(RUNS)} as bigint) as at from (${numbers}) as numbers)
      as marked
    join (with each_workflow(place, id) as (values ${workflows}) select * from each_workflow) as workflows
      on workflows.place = case when n % 2 = 0 then 0 else n / 2 % ${sql.lit(ids.length)} end`.execute(db)
}

async function countAll(database: Database, now: number): Promise<void> {
  for (let last: Pick<Folded, 'isMore' | 'after'> = { isMore: true, after: null }; last.isMore; ) {
    const { after } = last
    last = await database.write((db) => foldCounts(db, now, after))
  }
}

async function measureQueries(engine: Engine, database: Database, ids: readonly string[], now: number): Promise<void> {
  const [largest] = ids
  const since = (days: number) => ({ since: now - days * DAY, until: now })
  const queries: readonly (readonly [string, (db: Db) => Promise<unknown>])[] = [
    ['chart of a day', (db) => selectRunStats(db, { ...since(1), buckets: 48 })],
    [
      'chart of a day, the largest workflow',
      (db) => selectRunStats(db, { ...since(1), buckets: 48, workflowId: largest }),
    ],
    ['chart of 7 days', (db) => selectRunStats(db, { ...since(7), buckets: 56 })],
    ['chart of 30 days', (db) => selectRunStats(db, { ...since(30), buckets: 60 })],
    [
      'chart of 30 days, the largest workflow',
      (db) => selectRunStats(db, { ...since(30), buckets: 60, workflowId: largest }),
    ],
    ['chart of 90 days', (db) => selectRunStats(db, { ...since(90), buckets: 90 })],
    [
      'chart of 17 days, 5 hours and 3 minutes',
      (db) => selectRunStats(db, { since: now - 17 * DAY - 18_180_000, until: now - 7, buckets: 50 }),
    ],
    ['counts of a day, for the first page', (db) => countRuns(db, since(1), 9)],
    [`counts of a day, for a list of ${LISTED} workflows`, (db) => selectTotals(db, since(1), ids.slice(0, LISTED))],
  ]
  for (const [name, query] of queries) await noteTimes(name, engine, () => database.read(query))
}
