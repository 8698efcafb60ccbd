import { type OwnSetting, RESERVED_KEY, type SettingHistory, type Snapshot } from '../../domain/settings/settings.ts'
import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readCursor, readNewest, toPage } from '../database/paging.ts'
import { prepare } from '../database/prepare.ts'
import { createRowCache, rowMark } from '../database/row-cache.ts'
import { type Db, type SettingRow, toBytes, toText } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import {
  decryptValue,
  lockSettings,
  missingSettings,
  settingBytes,
  type Total,
  toSetting,
  validateSetting,
  validateTotal,
} from './values.ts'
import { type ChangeContext, writeChange } from './write.ts'

type SettingChange = {
  readonly workflowId: string
  readonly key: string
  readonly by: Actor
  readonly at: number
  readonly base?: number
}

type NewSetting = SettingChange & { readonly value: string; readonly secret?: boolean }

export type SettingStore = {
  /** Includes changes of runs that ended before run `since` got its slot. */
  getSnapshot(workflowId: string, since?: object): Promise<Snapshot>
  list(workflowId: string, page: PageQuery): Promise<Page<OwnSetting>>
  /**
   * An undefined `secret` keeps the flag (false for a new key). Throws `invalid_settings` over a limit, and `conflict`
   * if the revision is not `base` (0 for an absent key).
   */
  put(change: NewSetting): Promise<OwnSetting>
  /** Throws `conflict` if the revision is not `base`. */
  delete(change: SettingChange): Promise<boolean>
  listHistory(workflowId: string, key: string, page: PageQuery): Promise<Page<SettingHistory>>
}

export function createSettings(database: Database, keyring: Keyring): SettingStore {
  const readSnapshot = prepareSnapshot()
  const cached = createRowCache<Snapshot>(database, 'settings', { maxSize: MAX_CACHED, sizeOf })
  const context = (db: Db, { workflowId, by, at }: SettingChange): ChangeContext => ({
    db,
    keyring,
    workflowId,
    by,
    at,
    runId: null,
  })
  return {
    async getSnapshot(workflowId, since) {
      const read = () =>
        database.read(async (db) => {
          const { rows } = await readSnapshot(db, { workflowId })
          return { value: toSnapshot(keyring, workflowId, rows), workflowId, mark: rows[0]?.mark ?? '' }
        })
      const found = await cached(workflowId, read, since)
      if (found === null) throw missingSettings(workflowId)
      return found
    },
    list: (workflowId, page) => database.read((db) => listSettings(db, keyring, workflowId, page)),
    put: (change) => database.write((db) => putSetting(context(db, change), change)),
    delete: (change) => database.write((db) => deleteSetting(context(db, change), change)),
    listHistory: (workflowId, key, page) => database.read((db) => listHistory(db, keyring, workflowId, key, page)),
  }
}

/** Characters in the cache. One workflow has at most 1 MiB. */
const MAX_CACHED = 32 * 1024 * 1024
const ENTRY_SIZE = 200

function sizeOf(snapshot: Snapshot): number {
  let size = ENTRY_SIZE
  for (const [key, { value }] of snapshot) size += ENTRY_SIZE + key.length + value.length
  return size
}

type SnapshotRow = { [Column in keyof SettingRow]: SettingRow[Column] | null } & { total: number; mark: string }

function prepareSnapshot() {
  return prepare<{ workflowId: string }, SnapshotRow>((db, parameter) =>
    db
      .selectFrom('settings_totals as totals')
      .leftJoin('settings', 'settings.workflow_id', 'totals.workflow_id')
      .selectAll('settings')
      .select(['totals.count as total', rowMark(db, 'totals').as('mark')])
      .where('totals.workflow_id', '=', parameter('workflowId')),
  )
}

function toSnapshot(keyring: Keyring, workflowId: string, rows: readonly SnapshotRow[]): Snapshot {
  const settings = rows.filter(isSettingRow)
  if (rows[0]?.total !== settings.length) throw missingSettings(workflowId)
  return new Map(settings.map((row) => [toText(row.key), toSetting(keyring, row)]))
}

const isSettingRow = (row: SnapshotRow): row is SettingRow & { total: number; mark: string } => row.workflow_id !== null

async function listSettings(
  db: Db,
  keyring: Keyring,
  workflowId: string,
  page: PageQuery,
): ReturnType<SettingStore['list']> {
  const after = readCursor(page, ['string'])
  let query = db.selectFrom('settings').selectAll().where('workflow_id', '=', workflowId)
  if (after !== null) query = query.where('key', '>', Buffer.from(String(after[0]), 'base64url'))
  const rows = await query
    .orderBy('key')
    .limit(page.limit + 1)
    .execute()
  const positionOf = (row: SettingRow): [string] => [Buffer.from(row.key).toString('base64url')]
  return toPage(rows, page, positionOf, (row) => toSetting(keyring, row))
}

async function putSetting(context: ChangeContext, put: NewSetting): Promise<OwnSetting> {
  const { key, value, secret } = put
  if (key === RESERVED_KEY)
    throw new UserError('bad_request', `${RESERVED_KEY} is given by the platform and cannot be set.`)
  const problem = validateSetting(key, value)
  if (problem !== null) throw new UserError('invalid_settings', problem)
  const { db, workflowId } = context
  const total = await lockSettings(db, workflowId)
  const current = await findSetting(db, workflowId, key)
  checkBase(key, current, put.base)
  const bytes = total.bytes - (current?.bytes ?? 0) + settingBytes(key, value)
  const count = total.count + (current === undefined ? 1 : 0)
  const excess = validateTotal({ count, bytes }, total)
  if (excess !== null) throw new UserError('invalid_settings', excess)
  const kept = secret ?? current?.secret === 1
  const { row } = await writeChange(context, { key, current, value, secret: kept })
  await writeTotal(db, workflowId, { count, bytes })
  if (row === null) throw new Error('a value was not written')
  return toSetting(context.keyring, row)
}

async function deleteSetting(context: ChangeContext, { key, base }: SettingChange): Promise<boolean> {
  const { db, workflowId } = context
  const total = await lockSettings(db, workflowId)
  const current = await findSetting(db, workflowId, key)
  checkBase(key, current, base)
  if (current === undefined) return false
  await writeChange(context, { key, current, value: null, secret: undefined })
  await writeTotal(db, workflowId, { count: total.count - 1, bytes: total.bytes - current.bytes })
  return true
}

function checkBase(key: string, current: SettingRow | undefined, base: number | undefined): void {
  const revision = current?.revision ?? 0
  if (base === undefined || base === revision) return
  const name = (number: number) => (number === 0 ? 'absent' : `at revision ${number}`)
  throw new UserError(
    'conflict',
    `Another person changed the setting ${JSON.stringify(key.slice(0, 100))}: expected it ${name(base)}, found it ${name(revision)}. Read it again, then repeat the change.`,
    { revision },
  )
}

async function findSetting(db: Db, workflowId: string, key: string): Promise<SettingRow | undefined> {
  return db
    .selectFrom('settings')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('key', '=', toBytes(key))
    .executeTakeFirst()
}

export async function writeTotal(db: Db, workflowId: string, { count, bytes }: Total): Promise<void> {
  await db.updateTable('settings_totals').set({ count, bytes }).where('workflow_id', '=', workflowId).execute()
}

async function listHistory(
  db: Db,
  keyring: Keyring,
  workflowId: string,
  key: string,
  page: PageQuery,
): ReturnType<SettingStore['listHistory']> {
  const changes = selectChanges(db)
    .where('now.workflow_id', '=', workflowId)
    .where('now.key', '=', toBytes(key))
    .where((where) => where.or([where('now.revision', '=', 1), where('before.revision', 'is not', null)]))
  return await readNewest(
    changes,
    page,
    { 'now.revision': 'number' },
    (row) => [row.revision],
    (row): SettingHistory => ({
      at: row.at,
      ...valuesOf(keyring, row),
      by: parseActor(row.by_json),
    }),
  )
}

export function selectChanges(db: Db) {
  return db
    .selectFrom('setting_changes as now')
    .leftJoin('setting_changes as before', (join) =>
      join
        .onRef('before.workflow_id', '=', 'now.workflow_id')
        .onRef('before.key', '=', 'now.key')
        .on((on) => on('before.revision', '=', on('now.revision', '-', 1))),
    )
    .selectAll('now')
    .select(['before.value as before_value', 'before.secret as before_secret'])
}

export type ChangeRow = Awaited<ReturnType<ReturnType<typeof selectChanges>['execute']>>[number]

/** Null: absent, or either value is or was secret. */
export function valuesOf(keyring: Keyring, row: ChangeRow): { old: string | null; new: string | null } {
  const former = { ...row, revision: row.revision - 1, secret: row.before_secret ?? 0 }
  const isOldHidden = row.secret === 1 || row.before_secret === 1
  return {
    old: row.before_value === null || isOldHidden ? null : decryptValue(keyring, former, row.before_value),
    new: row.value === null || row.secret === 1 ? null : decryptValue(keyring, row, row.value),
  }
}
