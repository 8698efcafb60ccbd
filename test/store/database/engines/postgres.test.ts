import { after, test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import { createDirectory, openSql, sharedPostgres } from '../../../helpers/databases.ts'
import { until } from '../../../helpers/workflows.ts'

const server = sharedPostgres()
after(() => server.stop())

test('Z3-95 a table change that waits for a long reader, such as a dump, does not hold writes until the reader ends', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }
  const database = await openDatabase(options)
  t.after(() => database.close())
  const reader = await openSql(t, options)
  await reader('begin; select count(*) from meta')
  const change = database.maintain((db) => sql`alter table meta add column added integer`.execute(db))
  const waiting = sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like 'alter table%'`
  await until(async () => (await database.read((db) => waiting.execute(db))).rows.length > 0)
  await database.write((db) => sql`update meta set value = value`.execute(db))
  await reader('commit')
  await change
})
