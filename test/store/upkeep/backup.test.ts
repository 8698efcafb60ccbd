import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { backUp } from '../../../src/store/upkeep/backup.ts'
import { upgrade as upgradeTables } from '../../../src/store/upkeep/upgrade.ts'
import { createDirectory, openStore, TEST_KEYRING } from '../../helpers/databases.ts'
import { addRun, addWorkflow, finish, newRun, outcome, putSetting } from '../../helpers/store-data.ts'

const NOW = Date.UTC(2026, 10, 24, 20)

test('a backup is whole, of one moment and checked, while runs are stored', async (t) => {
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const store = await openStore(t, options)
  const { id } = await addWorkflow(store)
  await putSetting(store, id, 'token', 'open sesame')
  for (let index = 0; index < 300; index += 1) await finish(store, await addRun(store, id), outcome({ result: 'x' }))
  let stored = 0
  let isOver = false
  const storing = (async () => {
    while (!isOver) {
      await finish(store, await addRun(store, id), outcome())
      stored += 1
    }
  })()
  const file = join(createDirectory(t), 'copy.db')
  const { bytes, keyId, migration } = await backUp(options, file, NOW)
  isOver = true
  await storing
  assert.ok(stored > 0, 'nothing was stored meanwhile')
  assert.equal(keyId, TEST_KEYRING.id)
  assert.ok(migration > 0)
  assert.deepEqual([statSync(file).size, statSync(file).mode & 0o777], [bytes, 0o600])
  assert.deepEqual(readdirSync(join(file, '..')), ['copy.db'])
  const copy = new DatabaseSync(file, { readOnly: true })
  t.after(() => copy.close())
  const { count } = copy.prepare('SELECT count(*) AS count FROM runs').get() ?? {}
  assert.ok(Number(count) >= 300, `${count} runs`)
  const { orphans } =
    copy.prepare("SELECT count(*) AS orphans FROM runs WHERE status NOT IN ('running', 'succeeded')").get() ?? {}
  assert.equal(orphans, 0)
})

test('a backup writes over nothing, and leaves nothing of itself when it fails', async (t) => {
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const elsewhere = createDirectory(t)
  const file = join(elsewhere, 'copy.db')
  await assert.rejects(backUp(options, file, NOW), { name: 'StartError', message: /^There is no database in / })
  await (await openStore(t, options)).close()
  writeFileSync(file, 'precious')
  await assert.rejects(backUp(options, file, NOW), { name: 'StartError', message: /exists already/ })
  assert.equal(statSync(file).size, 8)
  const nowhere = join(elsewhere, 'none', 'copy.db')
  await assert.rejects(backUp(options, nowhere, NOW), {
    name: 'StartError',
    message: /could not be written \(.*ENOENT/,
  })
  assert.deepEqual(readdirSync(elsewhere), ['copy.db'])
})

test('a damaged database is not taken for a backup', async (t) => {
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const store = await openStore(t, options)
  const { id } = await addWorkflow(store)
  for (let index = 0; index < 50; index += 1) await addRun(store, id)
  await store.close()
  // One page in the middle, as a failing disk would leave it.
  const source = openSync(join(options.dataDir, 'workflows.db'), 'r+')
  writeSync(source, Buffer.alloc(4096, 0xff), 0, 4096, 10 * 4096)
  closeSync(source)
  const file = join(createDirectory(t), 'copy.db')
  await assert.rejects(backUp(options, file, NOW), { name: 'StartError', message: /damaged/ })
  assert.equal(existsSync(file), false)
})

test('with PostgreSQL the tool of PostgreSQL is named, without the password', async (t) => {
  const options = { databaseUrl: 'postgres://user:hunter22@localhost/db', dataDir: createDirectory(t) }
  const error = await backUp(options, 'x.db', NOW).catch((reason: unknown) => reason)
  assert.ok(error instanceof Error)
  assert.match(error.message, /pg_dump/)
  assert.doesNotMatch(error.message, /hunter22/)
})

test('before an upgrade changes the tables the database is copied, and the newest three copies are kept', async (t) => {
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const copies = join(options.dataDir, 'backups')
  const store = await openStore(t, options)
  const run = newRun((await addWorkflow(store)).id)
  await store.runs.insert(run)
  await store.close()
  assert.equal(existsSync(copies), false, 'nothing is copied at the first start')
  for (let upgrade = 0; upgrade < 5; upgrade += 1) {
    const later = { number: 9001 + upgrade, name: 'later', compatible: true, sql: () => '' } as const
    await upgradeTables(options, NOW + upgrade * 1000, [later])
    await upgradeTables(options, NOW + upgrade * 1000 + 500, [later])
  }
  const names = readdirSync(copies)
  assert.equal(names.length, 3, `${names}`)
  assert.match(names[0] ?? '', /^20261124T200002Z-before-upgrade-from-\d+\.db$/)
  const copy = new DatabaseSync(join(copies, names[2] ?? ''), { readOnly: true })
  t.after(() => copy.close())
  assert.equal(copy.prepare('SELECT max(number) AS n FROM schema_migrations').get()?.n, 9004)
  assert.equal(copy.prepare('SELECT id FROM runs').get()?.id, run.id)
})
