import type { Setting, Snapshot } from '../../domain/settings/settings.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import { type Db, type SettingChangeRow, toText } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { decryptValue } from '../settings/values.ts'

type Moment = { readonly workflowId: string; readonly at: number; readonly runId: string }

/** Excludes the run's own changes, which may have the same millisecond. */
export async function settingsAt(db: Db, keyring: Keyring, moment: Moment): Promise<Snapshot> {
  const { workflowId } = moment
  const keys = await listKeys(db, workflowId)
  const snapshot = new Map<string, Setting>()
  for (const key of keys) {
    const row = await findChange(db, key, moment)
    if (row === undefined) continue
    const shown = row.value === null && row.secret === 1 ? await findCurrent(db, workflowId, key) : null
    const { value, revision, secret } = shown ?? row
    if (value === null) continue
    snapshot.set(toText(key), {
      key: toText(key),
      value: decryptValue(keyring, { workflow_id: workflowId, key, revision, secret }, value),
      secret: row.secret === 1,
      revision: row.revision,
      updatedAt: row.at,
      updatedBy: parseActor(row.by_json),
    })
  }
  return snapshot
}

async function listKeys(db: Db, workflowId: string): Promise<readonly Uint8Array[]> {
  const keys: Uint8Array[] = []
  for (;;) {
    const last = keys.at(-1)
    let query = db.selectFrom('setting_changes').select('key').where('workflow_id', '=', workflowId)
    if (last !== undefined) query = query.where('key', '>', last)
    const next = await query.orderBy('key').limit(1).executeTakeFirst()
    if (next === undefined) return keys
    keys.push(next.key)
  }
}

async function findChange(
  db: Db,
  key: Uint8Array,
  { workflowId, at, runId }: Moment,
): Promise<SettingChangeRow | undefined> {
  return await db
    .selectFrom('setting_changes')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('key', '=', key)
    .where('at', '<=', at)
    .where(({ or, eb }) => or([eb('run_id', 'is', null), eb('run_id', '<>', runId)]))
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The history of a key that became secret has no values. */
async function findCurrent(db: Db, workflowId: string, key: Uint8Array) {
  const row = await db
    .selectFrom('settings')
    .select(['value', 'revision', 'secret'])
    .where('workflow_id', '=', workflowId)
    .where('key', '=', key)
    .executeTakeFirst()
  return row ?? null
}
