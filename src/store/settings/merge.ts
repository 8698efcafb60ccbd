/** Merges what a run did to its settings into what they are by now, key by key. */

import type { SettingsChange, SettingsPatch, Warning } from '../../domain/run.ts'
import { planChanges, RESERVED_KEY, type Snapshot, type Standing } from '../../domain/settings.ts'
import type { Database } from '../database/database.ts'
import { type Db, type SettingRow, toBytes, toText } from '../database/tables.ts'
import { writeTotal } from './settings.ts'
import { decryptValue, lockSettings, settingBytes, type Total, validateSetting, validateTotal } from './values.ts'
import { type Change, type ChangeContext, writeChanges } from './write.ts'

export type Merge = {
  /** Set: nothing of the patch may be kept. */
  readonly error: string | null
  readonly warnings: readonly Warning[]
  readonly changes: readonly Change[]
  readonly total: Total
}

/** PostgreSQL and SQLite bound the parameters of a statement; a patch does not know that. */
const KEYS_PER_QUERY = 500

/**
 * Decides what of the patch is written, and locks the settings until the transaction ends.
 * Keys that somebody else changed since `snapshot` are written all the same, each with a warning.
 */
export async function planMerge(
  context: Pick<ChangeContext, 'db' | 'keyring' | 'workflowId'>,
  database: Database,
  patch: SettingsPatch,
  snapshot: Snapshot,
): Promise<Merge> {
  const { db, keyring, workflowId } = context
  const wanted = wantedValues(patch)
  const total = await lockSettings(db, database, workflowId)
  const problem = firstProblem(wanted)
  if (problem !== null) return { error: problem, warnings: [], changes: [], total }
  const rows = await findSettings(db, workflowId, [...wanted.keys()])
  const standing = new Map<string, Standing>()
  for (const [key, row] of rows) {
    standing.set(key, { value: decryptValue(keyring, row, row.value), revision: row.revision })
  }
  const planned = planChanges(wanted, standing, snapshot)
  const changes = planned.changes.map(({ key, value }) => ({
    key,
    current: rows.get(key),
    value,
    // A key that was shared until now: what was secret there is secret here.
    secret: rows.has(key) || snapshot.get(key)?.secret !== true ? undefined : true,
  }))
  const warnings = planned.conflicts.map(conflictOf)
  let { count, bytes } = total
  for (const { key, current, value } of changes) {
    count += (value === null ? 0 : 1) - (current === undefined ? 0 : 1)
    bytes += (value === null ? 0 : settingBytes(key, value)) - (current?.bytes ?? 0)
  }
  return { error: validateTotal({ count, bytes }, total), warnings, changes, total: { count, bytes } }
}

/** Writes what was planned; says what changed, without the values of secrets. */
export async function writeMerge(context: ChangeContext, { changes, total }: Merge): Promise<SettingsChange[]> {
  const written: SettingsChange[] = []
  const results = await writeChanges(context, changes)
  for (const [index, { key, current, value }] of changes.entries()) {
    const old = current === undefined ? null : decryptValue(context.keyring, current, current.value)
    written.push(results[index]?.secret ? { key, old: null, new: null } : { key, old, new: value })
  }
  if (written.length > 0) await writeTotal(context.db, context.workflowId, total)
  return written
}

/** Key to JSON text, or to null where the key is deleted. */
function wantedValues({ set, deleted }: SettingsPatch): ReadonlyMap<string, string | null> {
  const wanted = new Map<string, string | null>([...deleted.map((key) => [key, null] as const), ...set])
  wanted.delete(RESERVED_KEY)
  return wanted
}

function firstProblem(wanted: ReadonlyMap<string, string | null>): string | null {
  for (const [key, value] of wanted) {
    const problem = value === null ? null : validateSetting(key, value)
    if (problem !== null) return problem
  }
  return null
}

async function findSettings(
  db: Db,
  workflowId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SettingRow>> {
  const found = new Map<string, SettingRow>()
  for (let start = 0; start < keys.length; start += KEYS_PER_QUERY) {
    const some = keys.slice(start, start + KEYS_PER_QUERY).map(toBytes)
    const rows = await db
      .selectFrom('settings')
      .selectAll()
      .where('workflow_id', '=', workflowId)
      .where('key', 'in', some)
      .execute()
    for (const row of rows) found.set(toText(row.key), row)
  }
  return found
}

function conflictOf(key: string): Warning {
  const message = `The setting ${JSON.stringify(key)} was also changed by somebody else while this run was under way: this run's value was kept.`
  return { code: 'settings_conflict', key, message }
}
