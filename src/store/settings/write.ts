/** Writes changes of one workflow's settings inside a transaction: encryption, revisions, history. */

import type { Actor } from '../../domain/actor.ts'
import { bit, type Db, type SettingChangeRow, type SettingRow, toBytes, toText } from '../database/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { settingBytes } from './values.ts'

/** Everything that a change of settings needs to know beside the change. */
export type ChangeContext = {
  readonly db: Db
  readonly keyring: Keyring
  readonly workflowId: string
  readonly by: Actor
  readonly at: number
  /** Set when a run makes the change. */
  readonly runId: string | null
}

export type Change = {
  readonly key: string
  /** The row as it is now. */
  readonly current: SettingRow | undefined
  /** JSON text; null deletes the key. */
  readonly value: string | null
  /** Undefined: a run writes it, and the key stays as secret as it ever was. */
  readonly secret: boolean | undefined
}

/** What became of a change. `secret`: its value must not be shown. */
export type Written = { readonly secret: boolean; readonly revision: number }

/** PostgreSQL and SQLite bound the parameters of a statement. One statement for each change took 100 ms for 500 changes. */
const ROWS_PER_STATEMENT = 100

/** Writes one change and its place in the key's history. Totals are the caller's to write. */
export async function writeChange(context: ChangeContext, change: Change): Promise<Written> {
  const [written] = await writeChanges(context, [change])
  if (written === undefined) throw new Error('a change was not written')
  return written
}

/**
 * Writes changes of different keys and their places in the history. A key that becomes secret takes its whole history with it.
 * Totals are the caller's to write.
 */
export async function writeChanges(context: ChangeContext, changes: readonly Change[]): Promise<readonly Written[]> {
  const written: Written[] = []
  for (let start = 0; start < changes.length; start += ROWS_PER_STATEMENT) {
    written.push(...(await writeSome(context, changes.slice(start, start + ROWS_PER_STATEMENT))))
  }
  return written
}

async function writeSome(context: ChangeContext, changes: readonly Change[]): Promise<Written[]> {
  const { db, workflowId } = context
  const lasts = await findLastChanges(context, changes)
  const settings: SettingRow[] = []
  const history: SettingChangeRow[] = []
  const deleted: Buffer[] = []
  const written: Written[] = []
  for (const change of changes) {
    const last = change.current ?? lasts.get(change.key)
    const wasSecret = last?.secret === 1
    const secret = change.secret ?? wasSecret
    const row = changeRow(context, change, (last?.revision ?? 0) + 1, secret)
    history.push(row)
    if (row.value === null || change.value === null) deleted.push(toBytes(change.key))
    else settings.push(settingRow(context, row, row.value, settingBytes(change.key, change.value)))
    if (secret && !wasSecret && last !== undefined) await hideHistory(db, workflowId, toBytes(change.key))
    written.push({ secret: secret || (change.current !== undefined && wasSecret), revision: row.revision })
  }
  if (deleted.length > 0) {
    await db.deleteFrom('settings').where('workflow_id', '=', workflowId).where('key', 'in', deleted).execute()
  }
  if (settings.length > 0) await upsert(db, settings)
  await db.insertInto('setting_changes').values(history).execute()
  return written
}

function changeRow(
  { keyring, workflowId, by, at, runId }: ChangeContext,
  { key, value }: Change,
  revision: number,
  secret: boolean,
): SettingChangeRow {
  const binding = { purpose: 'setting', workflowId, key, revision, secret } as const
  return {
    workflow_id: workflowId,
    key: toBytes(key),
    revision,
    value: value === null ? null : keyring.encrypt(value, binding),
    secret: bit(secret),
    at,
    by_json: JSON.stringify(by),
    run_id: runId,
  }
}

function settingRow({ at }: ChangeContext, row: SettingChangeRow, value: Uint8Array, bytes: number): SettingRow {
  const { workflow_id, key, revision, secret, by_json } = row
  return { workflow_id, key, value, secret, revision, bytes, updated_at: at, updated_by_json: by_json }
}

async function upsert(db: Db, rows: readonly SettingRow[]): Promise<void> {
  await db
    .insertInto('settings')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['workflow_id', 'key']).doUpdateSet(({ ref }) => ({
        value: ref('excluded.value'),
        secret: ref('excluded.secret'),
        revision: ref('excluded.revision'),
        bytes: ref('excluded.bytes'),
        updated_at: ref('excluded.updated_at'),
        updated_by_json: ref('excluded.updated_by_json'),
      })),
    )
    .execute()
}

type LastChange = Pick<SettingChangeRow, 'revision' | 'secret'>

/** The newest place in the history of each key that is absent now, but was not always. */
async function findLastChanges(
  { db, workflowId }: ChangeContext,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, LastChange>> {
  const keys = changes.filter(({ current }) => current === undefined).map(({ key }) => toBytes(key))
  if (keys.length === 0) return new Map()
  const rows = await db
    .selectFrom('setting_changes as last')
    .select(['last.key', 'last.revision', 'last.secret'])
    .where('last.workflow_id', '=', workflowId)
    .where('last.key', 'in', keys)
    .where(({ eb, selectFrom }) =>
      eb(
        'last.revision',
        '=',
        selectFrom('setting_changes as other')
          .select(({ fn }) => fn.max('other.revision').as('revision'))
          .whereRef('other.workflow_id', '=', 'last.workflow_id')
          .whereRef('other.key', '=', 'last.key'),
      ),
    )
    .execute()
  return new Map(rows.map((row) => [toText(row.key), row]))
}

/** Deletes the values: they are never shown again, and those in clear are bound to a mark that is wrong now. */
async function hideHistory(db: Db, workflowId: string, key: Buffer): Promise<void> {
  await db
    .updateTable('setting_changes')
    .set({ secret: 1, value: null })
    .where('workflow_id', '=', workflowId)
    .where('key', '=', key)
    .execute()
}
