import { OVERWRITES_MS } from '../../domain/settings/settings.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import {
  type Bit,
  bit,
  type Db,
  type SettingChangeRow,
  type SettingRow,
  toBytes,
  toText,
} from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { settingBytes } from './values.ts'

export type ChangeContext = {
  readonly db: Db
  readonly keyring: Keyring
  readonly workflowId: string
  readonly by: Actor
  readonly at: number
  readonly runId: string | null
}

export type Change = {
  readonly key: string
  readonly current: SettingRow | undefined
  readonly value: string | null
  /** Undefined for a run, which keeps the flag. */
  readonly secret: boolean | undefined
  readonly isConflict?: boolean
}

export type Written = { readonly secret: boolean; readonly revision: number; readonly row: SettingRow | null }

/** A statement per change took 100 ms for 500. */
const ROWS_PER_STATEMENT = 100

export async function writeChange(context: ChangeContext, change: Change): Promise<Written> {
  const [written] = await writeChanges(context, [change])
  if (written === undefined) throw new Error('a change was not written')
  return written
}

/** A key that becomes secret hides its history. The caller updates the totals. */
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
    const setting = row.value === null ? null : settingRow(context, change, row, row.value)
    if (setting === null) deleted.push(toBytes(change.key))
    else settings.push(setting)
    if (secret && !wasSecret && last !== undefined) await hideHistory(db, workflowId, toBytes(change.key))
    written.push({
      secret: secret || (change.current !== undefined && wasSecret),
      revision: row.revision,
      row: setting,
    })
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

function settingRow(context: ChangeContext, change: Change, row: SettingChangeRow, value: Uint8Array): SettingRow {
  const { workflow_id, key, revision, secret, by_json } = row
  const bytes = settingBytes(change.key, change.value ?? '')
  const by = { updated_at: context.at, updated_by_json: by_json, state: stateOf(context, change) }
  return { workflow_id, key, value, secret, revision, bytes, ...by, ...overwritesOf(context, change) }
}

const stateOf = ({ by }: ChangeContext, { current }: Change): Bit => (by.type === 'run' ? (current?.state ?? 1) : 0)

function overwritesOf({ at, runId }: ChangeContext, { current, isConflict }: Change) {
  const { conflicts = 0, conflict_at = null, conflict_run_id = null } = current ?? {}
  if (isConflict !== true) return { conflicts, conflict_at, conflict_run_id }
  const before = conflict_at !== null && at - conflict_at < OVERWRITES_MS ? conflicts : 0
  return { conflicts: before + 1, conflict_at: at, conflict_run_id: runId }
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
        state: ref('excluded.state'),
        conflicts: ref('excluded.conflicts'),
        conflict_at: ref('excluded.conflict_at'),
        conflict_run_id: ref('excluded.conflict_run_id'),
      })),
    )
    .execute()
}

type LastChange = Pick<SettingChangeRow, 'revision' | 'secret'>

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

/** Plain values of a secret must never be shown again. */
async function hideHistory(db: Db, workflowId: string, key: Buffer): Promise<void> {
  await db
    .updateTable('setting_changes')
    .set({ secret: 1, value: null })
    .where('workflow_id', '=', workflowId)
    .where('key', '=', key)
    .execute()
}
