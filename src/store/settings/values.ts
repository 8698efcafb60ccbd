/** Reads and writes the values of one workflow's settings inside a transaction: encryption, revisions, history, totals. */

import { type Actor, parseActor } from '../../domain/actor.ts'
import type { Setting } from '../../domain/settings.ts'
import { LIMITS } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { bit, type Db, type SettingRow, toBuffer, toBytes, toText } from '../database/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'

/** Given to the function by the platform, never stored. */
export const RESERVED_KEY = '__workflow_id'

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
  /** What stands there now. */
  readonly current: SettingRow | undefined
  /** JSON text; null deletes the key. */
  readonly value: string | null
  /** Undefined: a run writes it, and the key stays as secret as it ever was. */
  readonly secret: boolean | undefined
}

/** What one setting takes of the total: its share of all settings written as one JSON object. */
export function settingBytes(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value) + '"":,'.length
}

/** Says what is wrong with a key or value that is to be stored, or null. */
export function checkSetting(key: string, value: string): string | null {
  const name = JSON.stringify(key.slice(0, 100))
  if (!key.isWellFormed()) return `settings: the key ${name} holds a lone surrogate, which is no text: leave it out.`
  const keyBytes = Buffer.byteLength(key)
  if (keyBytes > LIMITS.settingKeyBytes) {
    return `settings: the key ${name}… has ${keyBytes} bytes, expected at most ${LIMITS.settingKeyBytes}.`
  }
  const bytes = Buffer.byteLength(value)
  if (bytes <= LIMITS.settingBytes) return null
  return `settings[${name}]: the value has ${bytes} bytes as JSON, expected at most ${LIMITS.settingBytes}.`
}

/** Says that the settings of a workflow would be too large together, or null. */
export function checkTotal(bytes: number): string | null {
  if (bytes <= LIMITS.settingsBytes) return null
  return `settings: all keys and values together would have ${bytes} bytes as JSON, expected at most ${LIMITS.settingsBytes}.`
}

/** Locks the settings of a workflow against other writers, and says what they take. Throws when they are not there. */
export async function lockSettings(
  db: Db,
  { engine }: Pick<Database, 'engine'>,
  workflowId: string,
): Promise<{ count: number; bytes: number }> {
  const total = await db
    .selectFrom('settings_totals')
    .select(['count', 'bytes'])
    .where('workflow_id', '=', workflowId)
    .$if(engine === 'postgres', (query) => query.forUpdate())
    .executeTakeFirst()
  if (total === undefined) throw missingSettings(workflowId)
  return total
}

/** Never taken for empty settings: code would run on, and write over what is there. */
export function missingSettings(workflowId: string, cause?: unknown): UserError {
  const detail = `The settings of ${workflowId} cannot be read: ask the operator to check the secret key and the database.`
  return new UserError('unavailable', detail, {}, cause)
}

/** The stored value in clear. Throws `unavailable` when it does not decrypt. */
export function decryptValue(
  keyring: Keyring,
  row: { workflow_id: string; key: Uint8Array; revision: number },
  value: Uint8Array,
): string {
  const binding = {
    purpose: 'setting',
    workflowId: row.workflow_id,
    key: toText(row.key),
    revision: row.revision,
  } as const
  try {
    return keyring.decrypt(toBuffer(value), binding)
  } catch (error) {
    throw missingSettings(row.workflow_id, error)
  }
}

export function toSetting(keyring: Keyring, row: SettingRow): Setting {
  return {
    key: toText(row.key),
    value: decryptValue(keyring, row, row.value),
    secret: row.secret === 1,
    revision: row.revision,
    updatedAt: row.updated_at,
    updatedBy: parseActor(row.updated_by_json),
  }
}

/**
 * Writes one change and its place in the key's history. A key that becomes secret takes its whole history with it.
 * Totals are the caller's to write, once for all its changes.
 */
export async function writeChange(
  context: ChangeContext,
  change: Change,
): Promise<{ secret: boolean; revision: number }> {
  const { db, keyring, workflowId, at } = context
  const key = toBytes(change.key)
  const last = change.current ?? (await lastChange(db, workflowId, key))
  const revision = (last?.revision ?? 0) + 1
  const wasSecret = last?.secret === 1
  const secret = change.secret ?? wasSecret
  const binding = { purpose: 'setting', workflowId, key: change.key, revision } as const
  const value = change.value === null ? null : keyring.encrypt(change.value, binding)
  const of = { workflow_id: workflowId, key, revision, secret: bit(secret) }
  const byJson = JSON.stringify(context.by)
  if (value === null || change.value === null) {
    await db.deleteFrom('settings').where('workflow_id', '=', workflowId).where('key', '=', key).execute()
  } else {
    const bytes = settingBytes(change.key, change.value)
    const written = { value, secret: of.secret, revision, bytes, updated_at: at, updated_by_json: byJson }
    await db
      .insertInto('settings')
      .values({ workflow_id: workflowId, key, ...written })
      .onConflict((conflict) => conflict.columns(['workflow_id', 'key']).doUpdateSet(written))
      .execute()
  }
  if (secret && !wasSecret && last !== undefined) await hideHistory(db, workflowId, key)
  await db
    .insertInto('setting_changes')
    .values({ ...of, value, at, by_json: byJson, run_id: context.runId })
    .execute()
  return { secret: secret || (change.current !== undefined && wasSecret), revision }
}

async function lastChange(
  db: Db,
  workflowId: string,
  key: Buffer,
): Promise<{ revision: number; secret: 0 | 1 } | undefined> {
  return db
    .selectFrom('setting_changes')
    .select(['revision', 'secret'])
    .where('workflow_id', '=', workflowId)
    .where('key', '=', key)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
}

async function hideHistory(db: Db, workflowId: string, key: Buffer): Promise<void> {
  await db
    .updateTable('setting_changes')
    .set({ secret: 1 })
    .where('workflow_id', '=', workflowId)
    .where('key', '=', key)
    .execute()
}
