import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely'
import type { Database } from '../../../../src/store/database/database.ts'
import { createGroupCommit } from '../../../../src/store/database/engines/group-commit.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { Db, Tables } from '../../../../src/store/database/tables/tables.ts'
import { createDirectory } from '../../../helpers/databases.ts'

type Cleanup = Parameters<typeof createDirectory>[0]

async function open(t: Cleanup): Promise<{ database: Database; dataDir: string }> {
  const dataDir = createDirectory(t)
  const database = await openDatabase({ databaseUrl: null, dataDir })
  t.after(() => database.close())
  await database.write((db) =>
    db.schema
      .createTable('meta')
      .addColumn('key', 'text', (key) => key.primaryKey())
      .addColumn('value', 'blob')
      .execute(),
  )
  return { database, dataDir }
}

const put = async (db: Db, key: string, value: Uint8Array = new Uint8Array()): Promise<void> => {
  await db.insertInto('meta').values({ key, value }).execute()
}
const keys = async (database: Database): Promise<string[]> =>
  (await database.read((db) => db.selectFrom('meta').select('key').orderBy('key').execute())).map(({ key }) => key)

test('both connections keep a log and keep to the foreign keys', async (t) => {
  const { database } = await open(t)
  for (const [pragma, expected] of Object.entries({ journal_mode: 'wal', foreign_keys: 1 })) {
    const ask = async (db: Db): Promise<unknown> => {
      const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${pragma}`)}`.execute(db)
      return Object.values(rows[0] ?? {})[0]
    }
    assert.equal(await database.write(ask), expected)
    assert.equal(await database.read(ask), expected)
  }
})

/** The writer alone on a file of its own, with a flush that ends when the test says so. */
function openGated(t: Cleanup) {
  const connection = new DatabaseSync(join(createDirectory(t), 'gated.db'))
  t.after(() => connection.close())
  connection.exec('PRAGMA journal_mode = WAL; CREATE TABLE meta (key text primary key, value blob)')
  const dialect = new SqliteDialect({ database: adapt(connection) })
  const flushes: PromiseWithResolvers<void>[] = []
  const alone: boolean[] = []
  const commits = createGroupCommit({
    connection,
    db: new Kysely<Tables>({ dialect }),
    flush(isAlone) {
      alone.push(isAlone)
      const gate = Promise.withResolvers<void>()
      flushes.push(gate)
      return gate.promise
    },
    translate: (error) => error,
  })
  const count = () => connection.prepare('select count(*) as count from meta').get()?.count
  return { commits, flushes, alone, count }
}

function adapt(connection: DatabaseSync): SqliteDatabase {
  return {
    close: () => connection.close(),
    prepare(text) {
      const statement = connection.prepare(text)
      const values = (parameters: readonly unknown[]) =>
        parameters.map((value) => (value === null ? null : String(value)))
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
    },
  }
}

const turns = async (number: number): Promise<void> => {
  for (let turn = 0; turn < number; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
const statesOf = (writes: readonly Promise<void>[]): string[] => {
  const states = writes.map(() => 'waits')
  for (const [index, write] of writes.entries()) {
    write.then(
      () => (states[index] = 'told'),
      () => (states[index] = 'refused'),
    )
  }
  return states
}

test('a write resolves when its flush has ended, and writes that came meanwhile form the next transaction', async (t) => {
  const { commits, flushes, count } = openGated(t)
  const writes = [commits.write((db) => put(db, 'first'))]
  await turns(10)
  writes.push(
    commits.write((db) => put(db, 'second')),
    commits.write((db) => put(db, 'third')),
  )
  const states = statesOf([...writes, commits.flushed()])
  await turns(10)
  assert.deepEqual([flushes.length, count(), states], [1, 1, ['waits', 'waits', 'waits', 'waits']])
  flushes[0]?.resolve()
  await turns(10)
  assert.deepEqual([flushes.length, count(), states], [2, 3, ['told', 'waits', 'waits', 'told']])
  flushes[1]?.resolve()
  await commits.drain()
  assert.deepEqual(states, ['told', 'told', 'told', 'told'])
})

test('a write that changes nothing waits for no flush of its own', async (t) => {
  const { commits, flushes } = openGated(t)
  const change = (value: string) => (db: Db) =>
    db
      .updateTable('meta')
      .set({ value: new TextEncoder().encode(value) })
      .where('key', '=', 'one')
      .execute()
  const first = commits.write((db) => put(db, 'one'))
  await turns(10)
  const states = statesOf([
    commits.write(async (db) => void (await db.deleteFrom('meta').where('key', '=', 'none').execute())),
  ])
  await turns(10)
  assert.deepEqual([flushes.length, states], [1, ['waits']])
  flushes[0]?.resolve()
  await first
  await commits.drain()
  assert.deepEqual([flushes.length, states], [1, ['told']])
  const last = commits.write(change('two'))
  await turns(10)
  assert.equal(flushes.length, 2)
  flushes[1]?.resolve()
  await last
})

test('after a flush that failed nothing is taken and nothing is shown any more', async (t) => {
  const { commits, flushes, count } = openGated(t)
  const writes = [commits.write((db) => put(db, 'doubtful'))]
  await turns(10)
  flushes[0]?.reject(new Error('the disk is gone'))
  await assert.rejects(Promise.all(writes), /the disk is gone/)
  await assert.rejects(commits.flushed(), /the disk is gone/)
  await assert.rejects(
    commits.write((db) => put(db, 'late')),
    /the disk is gone/,
  )
  assert.deepEqual([flushes.length, count()], [1, 1])
})

test('the flush learns that a write is alone if the one before was alone too', async (t) => {
  const { commits, flushes, alone } = openGated(t)
  for (const group of [['one'], ['two'], ['three', 'four'], ['five'], ['six']]) {
    const writes = group.map((key) => commits.write((db) => put(db, key)))
    await turns(10)
    flushes.at(-1)?.resolve()
    await Promise.all(writes)
  }
  assert.deepEqual(alone, [false, true, false, false, true])
})

test('what a write resolved for is in the files, without closing', async (t) => {
  const { database, dataDir } = await open(t)
  await database.write((db) => put(db, 'kept'))
  const copy = createDirectory(t)
  for (const name of ['workflows.db', 'workflows.db-wal']) copyFileSync(join(dataDir, name), join(copy, name))
  const copied = new DatabaseSync(join(copy, 'workflows.db'))
  t.after(() => copied.close())
  assert.equal(copied.prepare('select key from meta').get()?.key, 'kept')
})

test('writes of one turn share one transaction, and run in the order of their calls', async (t) => {
  const { database } = await open(t)
  const order: number[] = []
  const seen: unknown[] = []
  const units = Array.from({ length: 5 }, (_, index) =>
    database.write(async (db) => {
      order.push(index)
      await put(db, `key${index}`)
      // Not committed yet, so a reader does not see it, and neither does it see those before.
      seen.push(await database.read((read) => read.selectFrom('meta').select('key').execute()))
    }),
  )
  await Promise.all(units)
  assert.deepEqual(order, [0, 1, 2, 3, 4])
  assert.deepEqual(seen, [[], [], [], [], []])
  assert.equal((await keys(database)).length, 5)
})

test('a unit that fails half way takes back all of itself and nothing else', async (t) => {
  const { database } = await open(t)
  const broken = async (db: Db): Promise<void> => {
    await put(db, 'half')
    await put(db, 'before')
  }
  const thrown = async (db: Db): Promise<void> => {
    await put(db, 'thrown')
    throw new Error('no')
  }
  const results = await Promise.allSettled([
    database.write((db) => put(db, 'before')),
    database.write(broken),
    database.write(thrown),
    database.write((db) => put(db, 'half')),
    database.write((db) => put(db, 'after')),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
  )
  assert.deepEqual(await keys(database), ['after', 'before', 'half'])
})

test('a write after the end is refused', async (t) => {
  const { database } = await open(t)
  await database.close()
  await assert.rejects(database.write((db) => put(db, 'late')))
  await assert.rejects(database.read((db) => db.selectFrom('meta').selectAll().execute()))
})

test('D05 a full disk refuses writes as unavailable, loses no acknowledged write, and recovers', async (t) => {
  const { database } = await open(t)
  await database.write((db) => put(db, 'before'))
  await database.write((db) => sql`pragma max_page_count = 12`.execute(db))
  const large = new Uint8Array(64 * 1024)
  const results = await Promise.allSettled([
    database.write((db) => put(db, 'small')),
    database.write((db) => put(db, 'large', large)),
    database.write((db) => put(db, 'other')),
  ])
  const [, full] = results
  assert.equal(full?.status, 'rejected')
  assert.equal(full.reason.code, 'unavailable')
  const told = ['small', 'large', 'other'].filter((_, index) => results[index]?.status === 'fulfilled')
  assert.deepEqual(await keys(database), ['before', ...told].sort())
  await database.write((db) => sql`pragma max_page_count = 100000`.execute(db))
  await database.write((db) => put(db, 'large', large))
  assert.ok((await keys(database)).includes('large'))
})
