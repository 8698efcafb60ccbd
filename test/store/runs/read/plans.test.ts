import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { Db } from '../../../../src/store/database/tables/tables.ts'
import { listLastRuns, listRuns } from '../../../../src/store/runs/read/list.ts'
import { nextRuns, START } from '../../../../src/store/runs/read/run-index.ts'
import { countHeld } from '../../../../src/store/runs/steps/held.ts'
import { foldCounts } from '../../../../src/store/runs/write/fold-counts.ts'
import { createDirectory, openStore, sharedPostgres } from '../../../helpers/databases.ts'
import { addWorkflow, FIRST_PAGE } from '../../../helpers/store-data.ts'

const OLD = 60_000
const NEW = 20_000
/** Pages of 50, of each status and trigger. */
const MANY = 3000

const server = sharedPostgres()
after(() => server.stop())

/** Statements of one transaction are not yet in the statistics of others. */
async function rowsOf(database: Database, read: (db: Db) => Promise<unknown>): Promise<number> {
  return await database.write(async (db) => {
    // What parallel workers read is not counted.
    await sql`set local max_parallel_workers_per_gather = 0`.execute(db)
    const before = await countRead(db)
    await read(db)
    return (await countRead(db)) - before
  })
}

async function countRead(db: Db): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = 'runs'`.execute(db)
  return Number(rows[0]?.read)
}

/** The first workflow has most of the old runs, which succeeded. The second has all new runs. Half wait, half failed. */
async function addRuns(db: Db, [first, second]: readonly [string, string]): Promise<void> {
  await sql`insert into runs (id, workflow_id, trigger, status, keep_settings, created_at, started_at, finished_at, attempt,
      parts, not_before, message_json)
    select 'run_' || n, case when n <= ${sql.lit(OLD)} and n % 4 <> 0 then ${first} else ${second} end, 'hook',
      case when n <= ${sql.lit(OLD)} then 'succeeded' when n % 2 = 0 then 'waiting' else 'failed' end,
      1, n, 1, 1, 1, 1, case when n > ${sql.lit(OLD)} and n % 2 = 0 then 9000000000000 end, '"' || repeat('x', 200) || '"'
    from generate_series(1, ${sql.lit(OLD + NEW)}) as n`.execute(db)
  await sql`update runs set status = 'waiting', not_before = 1000 where id = 'run_1'`.execute(db)
  await sql`insert into run_counts_open (run_id, counted) select id, 1 from runs where status = 'waiting'`.execute(db)
  await sql`insert into run_counts_reach (id, since, until) values (1, 0, 1000000)`.execute(db)
  await sql`insert into run_texts (id, run_id, text) select n, 'run_' || n, 'x' from generate_series(1, 100) as n`.execute(
    db,
  )
  await sql`analyze runs, run_texts, run_counts_open`.execute(db)
}

test('on PostgreSQL a page reads about its own runs, however many newer ones others have', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }
  const store = await openStore(t, options)
  const [{ id: first }, { id: second }] = [await addWorkflow(store), await addWorkflow(store, { name: 'Other' })]
  const database = await openDatabase(options)
  t.after(() => database.close())
  await database.maintain((db) => addRuns(db, [first, second]))
  const page = (filter: Parameters<typeof listRuns>[1]) => rowsOf(database, (db) => listRuns(db, filter, FIRST_PAGE))
  const found = {
    workflow: await page({ workflowId: first }),
    waiting: await page({ workflowId: first, status: 'waiting' }),
    failed: await page({ workflowId: first, status: 'failed' }),
    failing: await page({ workflowId: first, failing: true }),
    untested: await page({ workflowId: first, tests: false }),
    succeeded: await page({ status: 'succeeded' }),
    last: await rowsOf(database, (db) => listLastRuns(db, [first], 20)),
    held: await rowsOf(database, (db) => countHeld(db, 100)),
    counted: await rowsOf(database, (db) => foldCounts(db, 1_000_000, 'run_7')),
    unindexed: await rowsOf(database, (db) => nextRuns(db, 1_000_000, START)),
  }
  assert.deepEqual(
    Object.entries(found).filter(([, rows]) => rows > MANY),
    [],
  )
  const due = await database.read((db) => listRuns(db, { workflowId: first, wakeBefore: 2000 }, FIRST_PAGE))
  assert.deepEqual([due.data.map(({ id }) => id), due.nextCursor], [['run_1'], null])
  const data = await database.read((db) => listRuns(db, { workflowId: first, status: 'succeeded' }, FIRST_PAGE))
  assert.deepEqual(
    data.data.map(({ createdAt }) => createdAt),
    Array.from({ length: OLD }, (_, n) => OLD - n)
      .filter((n) => n % 4 !== 0)
      .slice(0, FIRST_PAGE.limit),
  )
})
