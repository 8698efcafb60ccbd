import type { SettingHistory, SharedSetting, Snapshot } from '../../domain/settings/settings.ts'
import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { bit, type Db, type SharedSettingRow, toBuffer, toBytes, toText } from '../database/tables/tables.ts'
import { listUses, type Use } from '../database/uses.ts'
import type { Binding, Keyring } from '../secrets/encryption.ts'
import { missingSettings, validateSetting } from './values.ts'

export type SharedSettingStore = {
  listShared(): Promise<readonly SharedSetting[]>
  findShared(key: string): Promise<SharedSetting | null>
  /** Keeps the flag and throws as `put` in settings.ts does. */
  putShared(
    change: {
      readonly key: string
      readonly value: string
      readonly secret: boolean | undefined
      readonly base?: number
    },
    by: Actor,
    now: number,
  ): Promise<SharedSetting>
  setSharedEditors(key: string, editors: readonly string[] | null): Promise<SharedSetting | null>
  deleteShared(key: string, by: Actor, now: number, base?: number): Promise<boolean>
  listSharedHistory(key: string): Promise<readonly SettingHistory[]>
  listSharedUse(key: string): Promise<readonly Use[]>
  /** Returns revision 0: the workflow does not have these keys. */
  getSharedSnapshot(keys: readonly string[]): Promise<Snapshot>
}

const MAX_SHARED = 500
const HISTORY_PAGE = 200

const bindingOf = (key: string, revision: number): Binding => ({
  purpose: 'setting',
  workflowId: 'shared',
  key,
  revision,
})

export function createSharedSettings(database: Database, keyring: Keyring): SharedSettingStore {
  const toSetting = (row: SharedSettingRow): SharedSetting => ({
    key: toText(row.key),
    value: decryptShared(keyring, row.key, row.revision, row.value),
    secret: row.secret === 1,
    revision: row.revision,
    updatedAt: row.updated_at,
    updatedBy: parseActor(row.updated_by_json),
    editors: row.editors_json === null ? null : JSON.parse(row.editors_json),
  })
  return {
    listShared: () =>
      database.read(async (db) =>
        (await db.selectFrom('shared_settings').selectAll().orderBy('key').execute()).map(toSetting),
      ),
    findShared: (key) =>
      database.read(async (db) => {
        const row = await selectRow(db, key).executeTakeFirst()
        return row === undefined ? null : toSetting(row)
      }),
    putShared: ({ key, value, secret, base }, by, now) =>
      database.write(async (db) => {
        const problem = validateSetting(key, value)
        if (problem !== null) throw new UserError('invalid_settings', problem)
        const current = await selectRow(db, key).forUpdate().executeTakeFirst()
        assertBase(key, current, base)
        if (current === undefined) await assertRoom(db)
        return toSetting(await write(db, keyring, { key, current, value, secret, by, now }))
      }),
    setSharedEditors: (key, editors) =>
      database.write(async (db) => {
        const editors_json = editors && JSON.stringify(editors)
        await db.updateTable('shared_settings').set({ editors_json }).where('key', '=', toBytes(key)).execute()
        const row = await selectRow(db, key).executeTakeFirst()
        return row === undefined ? null : toSetting(row)
      }),
    deleteShared: (key, by, now, base) =>
      database.write(async (db) => {
        const current = await selectRow(db, key).forUpdate().executeTakeFirst()
        assertBase(key, current, base)
        if (current === undefined) return false
        await db.deleteFrom('shared_settings').where('key', '=', toBytes(key)).execute()
        const revision = current.revision + 1
        await insertChange(db, { key, revision, value: null, secret: current.secret, by, now })
        return true
      }),
    listSharedHistory: (key) => database.read((db) => listHistory(db, keyring, key)),
    listSharedUse: (key) => database.read((db) => listUses(db, 'shared_settings_json', key)),
    getSharedSnapshot: (keys) =>
      database.read(async (db) => {
        if (keys.length === 0) return new Map()
        const rows = await db.selectFrom('shared_settings').selectAll().where('key', 'in', keys.map(toBytes)).execute()
        return new Map(rows.map((row) => [toText(row.key), { ...toSetting(row), revision: 0 }]))
      }),
  }
}

const selectRow = (db: Db, key: string) => db.selectFrom('shared_settings').selectAll().where('key', '=', toBytes(key))

export function decryptShared(keyring: Keyring, key: Uint8Array, revision: number, value: Uint8Array): string {
  try {
    return keyring.decrypt(toBuffer(value), bindingOf(toText(key), revision))
  } catch (error) {
    throw missingSettings('the installation', error)
  }
}

function assertBase(key: string, current: SharedSettingRow | undefined, base: number | undefined): void {
  const revision = current?.revision ?? 0
  if (base === undefined || base === revision) return
  throw new UserError(
    'conflict',
    `The shared setting ${JSON.stringify(key.slice(0, 100))} was changed since: expected revision ${base}, found ${revision}.`,
    { revision },
  )
}

async function assertRoom(db: Db): Promise<void> {
  const { count } = await db
    .selectFrom('shared_settings')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) < MAX_SHARED) return
  throw new UserError('invalid_settings', `There are ${MAX_SHARED} shared settings already: delete one first.`)
}

type Write = {
  readonly key: string
  readonly current: SharedSettingRow | undefined
  readonly value: string
  readonly secret: boolean | undefined
  readonly by: Actor
  readonly now: number
}

async function write(db: Db, keyring: Keyring, change: Write): Promise<SharedSettingRow> {
  const { key, current, by, now } = change
  const last = current ?? (await lastChange(db, key))
  const revision = (last?.revision ?? 0) + 1
  const secret = bit(change.secret ?? last?.secret === 1)
  const value = keyring.encrypt(change.value, bindingOf(key, revision))
  const row = { value, secret, revision, updated_at: now, updated_by_json: JSON.stringify(by) }
  await db
    .insertInto('shared_settings')
    .values({ key: toBytes(key), ...row, editors_json: null })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
    .execute()
  if (secret === 1) {
    await db.updateTable('shared_setting_changes').set({ secret }).where('key', '=', toBytes(key)).execute()
  }
  await insertChange(db, { key, revision, value, secret, by, now })
  return { key: toBytes(key), ...row, editors_json: current?.editors_json ?? null }
}

const lastChange = (db: Db, key: string) =>
  db
    .selectFrom('shared_setting_changes')
    .select(['revision', 'secret'])
    .where('key', '=', toBytes(key))
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()

type NewChange = Pick<Write, 'key' | 'by' | 'now'> & {
  readonly revision: number
  readonly value: Buffer | null
  readonly secret: 0 | 1
}

async function insertChange(db: Db, { key, revision, value, secret, by, now }: NewChange): Promise<void> {
  const row = { key: toBytes(key), revision, value, secret, at: now, by_json: JSON.stringify(by) }
  await db.insertInto('shared_setting_changes').values(row).execute()
}

async function listHistory(db: Db, keyring: Keyring, key: string): Promise<readonly SettingHistory[]> {
  const rows = await db
    .selectFrom('shared_setting_changes')
    .selectAll()
    .where('key', '=', toBytes(key))
    .orderBy('revision', 'desc')
    .limit(HISTORY_PAGE + 1)
    .execute()
  const shown = (row: (typeof rows)[number] | undefined) =>
    row === undefined || row.value === null || row.secret === 1
      ? null
      : decryptShared(keyring, row.key, row.revision, row.value)
  return rows.slice(0, HISTORY_PAGE).map((row, index) => ({
    at: row.at,
    old: shown(rows[index + 1]),
    new: shown(row),
    by: parseActor(row.by_json),
  }))
}

export async function rewriteShared(db: Db, keyring: Keyring): Promise<number> {
  let count = 0
  for (const table of ['shared_settings', 'shared_setting_changes'] as const) {
    const rows = await db
      .selectFrom(table)
      .select(['key', 'revision', 'value'])
      .where('value', 'is not', null)
      .execute()
    for (const { key, revision, value } of rows) {
      if (value === null) continue
      const again = keyring.encrypt(decryptShared(keyring, key, revision, value), bindingOf(toText(key), revision))
      await db
        .updateTable(table)
        .set({ value: again })
        .where('key', '=', key)
        .where('revision', '=', revision)
        .execute()
      count += 1
    }
  }
  return count
}
