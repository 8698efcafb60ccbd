import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { planTicks } from '../../../src/domain/schedules/ticks.ts'
import { createStore } from '../../../src/store/create-store.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import { listMissing, MIGRATIONS, migrate } from '../../../src/store/database/migrations/migrate.ts'
import { createKeyring } from '../../../src/store/secrets/encryption.ts'
import { keepKeyCheck } from '../../../src/store/secrets/key-check.ts'
import { loadSecretKey, prepareNextKey, readFormerKeys } from '../../../src/store/secrets/secret-key.ts'
import type { Store } from '../../../src/store/store.ts'
import { backUp } from '../../../src/store/upkeep/backup.ts'
import { rotateKey } from '../../../src/store/upkeep/key-rotation.ts'
import { restore } from '../../../src/store/upkeep/restore.ts'
import { createDirectory } from '../../helpers/databases.ts'
import {
  AUTOMATION,
  addRun,
  addVersion,
  addWorkflow,
  FIRST_PAGE,
  newId,
  newRun,
  putSetting,
  settingsOf,
} from '../../helpers/store-data.ts'

const NOW = Date.UTC(2026, 10, 24, 20)
const DAY = 24 * 3600 * 1000

type Place = { readonly databaseUrl: null; readonly dataDir: string; readonly secretKey: Buffer }

function createPlace(t: TestContext, secretKey?: Buffer): Place {
  const dataDir = createDirectory(t)
  return { databaseUrl: null, dataDir, secretKey: secretKey ?? loadSecretKey(dataDir, true) }
}

async function open(t: TestContext, { databaseUrl, dataDir, secretKey }: Place): Promise<Store> {
  const store = await createStore({ databaseUrl, dataDir, keyring: createKeyring(secretKey), serverId: newId('run') })
  let isOpen = true
  const close = async () => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(close)
  return { ...store, close }
}

async function addKey(store: Store, name: string): Promise<string> {
  const id = newId('key')
  const rights = { scopes: ['read'], expiresAt: null } as const
  await store.people.createApiKey({
    id,
    name,
    prefix: `wf_${name}`,
    hash: id,
    createdAt: 1,
    createdBy: AUTOMATION,
    ...rights,
  })
  return id
}

test('a backup comes back whole in an empty data directory, under the same key', async (t) => {
  const place = createPlace(t)
  const store = await open(t, place)
  const { id } = await addWorkflow(store)
  await putSetting(store, id, 'token', 'open sesame')
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  const other = createPlace(t, place.secretKey)
  const restored = await restore({ ...other, file, replace: false, now: NOW })
  assert.deepEqual([restored.madeAt, restored.replaced], ['2026-11-24T20:00:00.000Z', null])
  const again = await open(t, other)
  assert.deepEqual(await settingsOf(again, id), { token: 'open sesame' })
  assert.ok(!readdirSync(other.dataDir).some((name) => name.startsWith('restoring')))
})

test('nothing is restored over a database, beside a running server, under another key, or from what is no backup', async (t) => {
  const place = createPlace(t)
  const store = await open(t, place)
  const { id } = await addWorkflow(store)
  const directory = createDirectory(t)
  const file = join(directory, 'copy.db')
  await backUp(place, file, NOW)
  const [cut, letter] = [join(directory, 'cut.db'), join(directory, 'letter.db')]
  await backUp(place, cut, NOW)
  truncateSync(cut, 40_000)
  writeFileSync(letter, 'a letter, not a database. '.repeat(100))
  const other = createPlace(t)
  const cases: [string, Place, string, RegExp][] = [
    ['a running server', place, file, /^Another server is using/],
    ['another key', other, file, /^The secret key does not fit this database/],
    ['a damaged file', other, cut, /damaged|malformed/],
    ['a letter', other, letter, /damaged|not a database/],
    ['no file', other, join(directory, 'none'), /^There is no file/],
    ['PostgreSQL', { ...other, databaseUrl: null }, join(directory, 'none'), /^There is no file/],
  ]
  for (const [name, target, from, message] of cases) {
    await assert.rejects(
      restore({ ...target, file: from, replace: true, now: NOW }),
      { name: 'StartError', message },
      name,
    )
  }
  assert.deepEqual((await store.workflows.get(id))?.id, id)
  await store.close()
  await assert.rejects(restore({ ...place, file, replace: false, now: NOW }), /holds a database already: add --replace/)
  const postgres = { ...place, databaseUrl: 'postgres://localhost/db', file, replace: true, now: NOW }
  await assert.rejects(restore(postgres), /pg_restore/)
})

test('D13 a backup of a newer program is refused', async (t) => {
  const place = createPlace(t)
  await (await open(t, place)).close()
  const database = await openDatabase(place)
  await database.write((db) =>
    db.insertInto('schema_migrations').values({ number: 9999, name: 'x', applied_at: 1 }).execute(),
  )
  await database.close()
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  const other = createPlace(t, place.secretKey)
  await assert.rejects(restore({ ...other, file, replace: false, now: NOW }), /newer version .* 9999/)
})

test('a backup of a release before the last 0.x is refused with what it needs', async (t) => {
  const place = createPlace(t)
  await (await open(t, place)).close()
  const database = await openDatabase(place)
  await database.write((db) => db.deleteFrom('schema_migrations').where('number', '>', 52).execute())
  await database.close()
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  const other = createPlace(t, place.secretKey)
  const refusal = /^The backup was written by an older release \(its tables are at 52, this release needs 88 or newer\)/
  await assert.rejects(restore({ ...other, file, replace: false, now: NOW }), { name: 'StartError', message: refusal })
})

test('D14 after the restore of yesterday a schedule runs once for the whole day', async (t) => {
  const place = createPlace(t)
  const store = await open(t, place)
  const schedule = { every_seconds: 3600, overlap: 'skip', missed: 'last' } as const
  const { id } = await addWorkflow(store, { kind: 'pull', schedule })
  await addVersion(store, id, true, NOW - DAY)
  const queued = newRun(id, { trigger: 'schedule', createdAt: NOW - DAY, startedAt: null })
  const ticks = [{ dueAt: NOW - DAY, outcome: 'ran', reason: null, run: queued }] as const
  await store.schedules.applyTickPlan({
    workflowId: id,
    expectedNextAt: NOW - DAY,
    nextAt: NOW - DAY + 3_600_000,
    ticks,
  })
  const running = await addRun(store, id, { createdAt: NOW - DAY })
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW - DAY)
  await store.close()
  const { lostRuns } = await restore({ ...place, file, replace: true, now: NOW })
  assert.equal(lostRuns, 2)
  const again = await open(t, place)
  // What was waiting or under way yesterday is not run again today: it may well have ended after the backup.
  assert.deepEqual(await again.runs.recoverLost(NOW), [])
  assert.deepEqual(await again.runs.claim(10, NOW, []), [])
  for (const run of [queued, running]) assert.equal((await again.runs.get(run.id))?.status, 'lost')
  const [due] = await again.schedules.due(NOW, 10)
  assert.ok(due !== undefined)
  const outcomes = planTicks(due, NOW, NOW).ticks.map(({ outcome }) => outcome)
  // The tick of this very moment is not one that was missed.
  assert.deepEqual(outcomes.slice(0, -1).filter((outcome) => outcome === 'ran').length, 1)
  assert.equal(outcomes.length, 24)
})

test('D14 API keys that were revoked since stay revoked where that is known, and all that work are named', async (t) => {
  const place = createPlace(t)
  const store = await open(t, place)
  const [kept, revoked] = [await addKey(store, 'kept'), await addKey(store, 'leaked')]
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  await store.people.revokeApiKey(revoked, NOW)
  await store.close()
  const restored = await restore({ ...place, file, replace: true, now: NOW })
  assert.deepEqual(restored.revokedKeys, ['leaked (wf_leaked…)'])
  assert.deepEqual(restored.activeKeys, ['kept (wf_kept…)'])
  const again = await open(t, place)
  assert.deepEqual([(await again.people.findApiKey(kept))?.id, await again.people.findApiKey(revoked)], [kept, null])
  const elsewhere = createPlace(t, place.secretKey)
  const alone = await restore({ ...elsewhere, file, replace: false, now: NOW })
  assert.deepEqual([...alone.activeKeys].sort(), ['kept (wf_kept…)', 'leaked (wf_leaked…)'])
})

test('the database that is replaced is kept whole, even one that can not be read', async (t) => {
  const place = createPlace(t)
  const store = await open(t, place)
  const { id } = await addWorkflow(store)
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  const later = await addWorkflow(store)
  await store.close()
  const first = await restore({ ...place, file, replace: true, now: NOW })
  assert.match(first.replaced ?? '', /workflows\.db\.replaced-20261124T200000Z$/)
  const back = await restore({
    ...createPlace(t, place.secretKey),
    file: first.replaced ?? '',
    replace: false,
    now: NOW,
  })
  assert.equal(back.madeAt, null)
  writeFileSync(join(place.dataDir, 'workflows.db'), 'broken '.repeat(1000))
  await restore({ ...place, file, replace: true, now: NOW + 1000 })
  assert.ok(existsSync(join(place.dataDir, 'workflows.db.replaced-20261124T200001Z')))
  const again = await open(t, place)
  assert.deepEqual([(await again.workflows.get(id))?.id, await again.workflows.get(later.id)], [id, null])
  assert.deepEqual((await again.workflows.list({}, FIRST_PAGE)).data.length, 1)
})

test('S18 a backup from before the key was rotated is restored under the new one', async (t) => {
  const place = createPlace(t)
  const store = await open(t, place)
  const { id } = await addWorkflow(store)
  await putSetting(store, id, 'token', 'open sesame')
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  await store.close()
  const { next, commit } = prepareNextKey(place.dataDir, place.secretKey)
  await rotateKey(place, { current: place.secretKey, next, commit, renewAccounts: async (data) => data })
  const formerKeys = readFormerKeys(place.dataDir)
  await restore({ ...place, secretKey: next, formerKeys, file, replace: true, now: NOW })
  assert.deepEqual(await settingsOf(await open(t, { ...place, secretKey: next }), id), { token: 'open sesame' })
})

test('a backup with the first tables of 1.0 keeps them, and is upgraded if its key was rotated since', async (t) => {
  const place = createPlace(t)
  const first = MIGRATIONS.slice(0, 1)
  const database = await openDatabase(place)
  await migrate(database, NOW, async () => {}, first)
  await keepKeyCheck(database, createKeyring(place.secretKey))
  await database.close()
  const file = join(createDirectory(t), 'copy.db')
  await backUp(place, file, NOW)
  await restore({ ...place, file, replace: true, now: NOW })
  assert.equal((await listMissingOf(place)).length, MIGRATIONS.length - 1)
  const secretKey = randomBytes(32)
  await restore({ ...place, secretKey, formerKeys: [place.secretKey], file, replace: true, now: NOW + 1000 })
  assert.deepEqual(await listMissingOf(place), [])
  await (await open(t, { ...place, secretKey })).close()
})

async function listMissingOf(place: Place): Promise<readonly unknown[]> {
  const database = await openDatabase(place)
  try {
    return await listMissing(database, MIGRATIONS)
  } finally {
    await database.close()
  }
}
