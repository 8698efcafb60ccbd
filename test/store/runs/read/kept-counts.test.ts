import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { Db } from '../../../../src/store/database/tables/tables.ts'
import { selectTotals } from '../../../../src/store/runs/read/counts.ts'
import { selectRunStats } from '../../../../src/store/runs/read/stats.ts'
import { createDirectory, sharedPostgres } from '../../../helpers/databases.ts'

const DAY = 86_400_000
const NOW = 20_000 * DAY
const HOURS = 20_000
const MINUTES = 11_520

const server = sharedPostgres()
after(() => server.stop())

/** Statements of one transaction are not yet in the statistics of others. */
async function scansOf(database: Database, read: (db: Db) => Promise<unknown>): Promise<number> {
  return await database.write(async (db) => {
    await read(db)
    const { rows } = await sql<{ seq_scan: number }>`
      select seq_scan from pg_stat_xact_user_tables where relname = 'run_counts'`.execute(db)
    return Number(rows[0]?.seq_scan)
  })
}

test('on PostgreSQL a chart reads the counts of its own time, however many others there are', async (t) => {
  const database = await openDatabase({ databaseUrl: await server.createTables(), dataDir: createDirectory(t) })
  t.after(() => database.close())
  await database.maintain(async (db) => {
    await sql`insert into run_counts_reach (id, since, until) values (1, 0, ${sql.lit(NOW)})`.execute(db)
    for (const [span, count] of [
      [60_000, MINUTES],
      [3_600_000, HOURS],
      [DAY, HOURS / 24],
    ] as const)
      await sql`insert into run_counts (workflow_id, tests, span, at, attempts, failed_attempts, calls, failed_calls, durations)
        select id, 0, ${sql.lit(span)}, ${sql.lit(NOW)} - cast(n as bigint) * ${sql.lit(span)}, 1, 0, 1, 0, '20:1'
        from generate_series(1, ${sql.lit(count)}) as n, (values (''), ('wf_1')) as workflows(id)`.execute(db)
    await sql`analyze run_counts`.execute(db)
  })
  const day = { since: NOW - DAY, until: NOW }
  const scans = {
    day: await scansOf(database, (db) => selectRunStats(db, { ...day, buckets: 48 })),
    week: await scansOf(database, (db) => selectRunStats(db, { since: NOW - 7 * DAY, until: NOW, buckets: 48 })),
    list: await scansOf(database, (db) => selectTotals(db, day, ['wf_1', 'wf_2'])),
  }
  assert.deepEqual(scans, { day: 0, week: 0, list: 0 })
})
