import type { Warning } from '../../domain/runs/run.ts'
import type { SettingsChange, SettingsPatch } from '../../domain/settings/patch.ts'
import {
  type Conflict,
  planChanges,
  RESERVED_KEY,
  type Snapshot,
  type Standing,
} from '../../domain/settings/settings.ts'
import { type Db, type SettingRow, toBytes, toText } from '../database/tables/tables.ts'
import { writeTotal } from './settings.ts'
import { decryptValue, lockSettings, settingBytes, type Total, validateSetting, validateTotal } from './values.ts'
import { type Change, type ChangeContext, writeChanges } from './write.ts'

export type Merge = {
  /** If set, nothing of the patch may be stored. */
  readonly error: string | null
  readonly warnings: readonly Warning[]
  readonly changes: readonly Change[]
  readonly total: Total
}

const KEYS_PER_QUERY = 500

/** Locks the settings until the transaction ends. Warns of each lost change since `snapshot`. */
export async function planMerge(
  context: Pick<ChangeContext, 'db' | 'keyring' | 'workflowId'>,
  patch: SettingsPatch,
  snapshot: Snapshot,
): Promise<Merge> {
  const { db, keyring, workflowId } = context
  const wanted = wantedValues(patch)
  const total = await lockSettings(db, workflowId)
  const problem = firstProblem(wanted)
  if (problem !== null) return { error: problem, warnings: [], changes: [], total }
  const rows = await findSettings(db, workflowId, [...wanted.keys()])
  const standing = new Map<string, Standing>()
  for (const [key, row] of rows) {
    standing.set(key, { value: decryptValue(keyring, row, row.value), revision: row.revision })
  }
  const planned = planChanges(wanted, standing, snapshot, patch.atomic)
  const tooLarge = firstProblem(new Map(planned.changes.map(({ key, value }) => [key, value])))
  if (tooLarge !== null) return { error: tooLarge, warnings: [], changes: [], total }
  const overwritten = new Set(planned.conflicts.map(({ key }) => key))
  const changes = planned.changes.map(({ key, value }) => ({
    key,
    current: rows.get(key),
    value,
    // A key shared until now stays secret.
    secret: rows.has(key) || snapshot.get(key)?.secret !== true ? undefined : true,
    isConflict: overwritten.has(key),
  }))
  const warnings = warningsOf(planned.conflicts, (key) => rows.get(key)?.secret === 1)
  let { count, bytes } = total
  for (const { key, current, value } of changes) {
    count += (value === null ? 0 : 1) - (current === undefined ? 0 : 1)
    bytes += (value === null ? 0 : settingBytes(key, value)) - (current?.bytes ?? 0)
  }
  return { error: validateTotal({ count, bytes }, total), warnings, changes, total: { count, bytes } }
}

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

/** One warning per key: an object may have thousands of conflicts. */
function warningsOf(conflicts: readonly Conflict[], isSecret: (key: string) => boolean): readonly Warning[] {
  const paths = new Map<string, (readonly string[])[]>()
  for (const { key, path } of conflicts) paths.set(key, [...(paths.get(key) ?? []), path])
  return [...paths].map(([key, [path = [], ...others]]) => {
    const name = [key, ...(isSecret(key) ? [] : path)].map((step) => JSON.stringify(step.slice(0, 100))).join(' → ')
    const more = others.length === 0 ? '' : ` and ${others.length} more of its values`
    const message = `Another run or person changed the setting ${name}${more} at the same time. This run's value won. The other change was lost.`
    return { code: 'settings_conflict', key, message }
  })
}
