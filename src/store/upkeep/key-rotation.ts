/** No server may run. Can be interrupted at any time. */

import { type RawBuilder, type Selectable, sql } from 'kysely'
import { reasonOf, StartError } from '../../errors.ts'
import { channelBinding } from '../alerts/channels.ts'
import { rewriteConnections } from '../connections/connections.ts'
import type { Database, DatabaseOptions } from '../database/database.ts'
import { openDatabase } from '../database/engines/open.ts'
import { refuseOtherTables } from '../database/migrations/migrate.ts'
import { type Db, type Tables, toBuffer, toText } from '../database/tables/tables.ts'
import { contentBinding, decisionBinding, proposalBinding } from '../decisions/rows.ts'
import { recordingBinding } from '../runs/rows/calls.ts'
import { originalBinding } from '../runs/rows/originals.ts'
import { stepBinding } from '../runs/steps/rows.ts'
import { type Binding, createKeyring, type Keyring } from '../secrets/encryption.ts'
import { markRotation, renewKeyCheck, unmarkRotation } from '../secrets/key-check.ts'
import { rewriteLastingKeys } from '../secrets/lasting-keys.ts'
import { selectLiveServers } from '../servers/servers.ts'
import { rewriteShared } from '../settings/shared.ts'
import { caseBinding } from '../trials/trials.ts'
import { bindingOf } from '../workflows/sender-secrets.ts'
import { type RenewSecret, rotateTwoFactor } from './rotate-two-factor.ts'

const BATCH = 200

export type Rotation = {
  readonly current: Buffer
  readonly next: Buffer
  readonly commit: () => void
  readonly renewAccounts: RenewSecret
}

/** Blocks server starts until its end. After an interruption, call it again with the same keys. */
export async function rotateKey(
  options: DatabaseOptions,
  { current, next, commit, renewAccounts }: Rotation,
): Promise<number> {
  const keyring = createKeyring(next, [current])
  const database = await openDatabase(options)
  try {
    await refuseOtherTables(database)
    await markRotation(database, keyring)
    await refuseLiveServers(database)
    const count = (await rewriteAll(database, keyring)) + (await rotateTwoFactor(database, renewAccounts))
    await renewKeyCheck(database, keyring)
    commit()
    await unmarkRotation(database)
    return count
  } finally {
    await database.close()
  }
}

/** The directory lock excludes other processes. */
async function refuseLiveServers(database: Database): Promise<void> {
  if (database.engine === 'sqlite') return
  const alive = await database.read(selectLiveServers)
  if (alive.length === 0) return
  await unmarkRotation(database)
  throw new StartError(
    `${alive.length} server(s) work on this database: stop all of them first (one that was killed counts for 30 seconds).`,
  )
}

export async function rewriteAll(database: Database, keyring: Keyring): Promise<number> {
  let count = 0
  for (const table of ['settings', 'setting_changes'] as const) {
    let after: SecretColumn | null = null
    do {
      const from: SecretColumn | null = after
      const done: readonly SecretColumn[] = await database.write((db) => rewriteSettings(db, keyring, table, from))
      after = done.at(-1) ?? null
      count += done.length
    } while (after !== null)
  }
  for (const rewriteSome of COLUMNS) {
    let written: number
    do {
      written = await database.write((db) => rewriteSome(db, keyring))
      count += written
    } while (written > 0)
  }
  await database.write((db) => rewriteLastingKeys(db, keyring))
  count += await database.write((db) => rewriteShared(db, keyring))
  count += await database.write((db) => rewriteConnections(db, keyring))
  return count
}

const keyIdIn = (column: string): RawBuilder<Uint8Array> => sql`substr(${sql.ref(column)}, 2, 4)`

/** Throws a StartError if neither key reads the value. */
function rewrite(keyring: Keyring, value: Uint8Array, binding: Binding): Buffer {
  try {
    return keyring.encrypt(keyring.decrypt(toBuffer(value), binding), binding)
  } catch (error) {
    const why = reasonOf(error)
    throw new StartError(
      `The ${binding.purpose} ${JSON.stringify(binding.key.slice(0, 100))} of ${binding.workflowId} cannot be read (${why}): the rotation stopped there. Put back the key that it is under, or delete it, and run it again.`,
    )
  }
}

/** Rewrites a batch and returns its size. */
function encrypted<T extends keyof Tables & string>(
  table: T,
  column: keyof Selectable<Tables[T]> & string,
  key: readonly (keyof Selectable<Tables[T]> & string)[],
  bindingOf: (row: Selectable<Tables[T]>, db: Db) => Binding | Promise<Binding>,
  limit = BATCH,
) {
  return async (db: Db, keyring: Keyring): Promise<number> => {
    const { rows } = await sql<Selectable<Tables[T]>>`select * from ${sql.table(table)}
      where ${keyIdIn(column)} <> ${Buffer.from(keyring.id, 'hex')} limit ${sql.lit(limit)}`.execute(db)
    for (const row of rows) {
      const value: unknown = row[column]
      if (!(value instanceof Uint8Array)) continue
      const again = rewrite(keyring, value, await bindingOf(row, db))
      const isRow = key.map((name) => sql`${sql.ref(name)} = ${row[name]}`)
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${again} where ${sql.join(isRow, sql` and `)}`.execute(
        db,
      )
    }
    return rows.length
  }
}

/** A recording may have 1 MB. */
const RECORDINGS = 10

const COLUMNS = [
  encrypted('workflows', 'sender_secrets', ['id'], ({ id }) => bindingOf(id)),
  encrypted('channels', 'config', ['id'], ({ id }) => channelBinding(id)),
  encrypted('run_calls', 'recording', ['run_id'], (row) => recordingBinding(row.workflow_id, row.run_id), RECORDINGS),
  encrypted('run_steps', 'data', ['run_id', 'kind', 'name_json', 'number'], stepBinding, RECORDINGS),
  ...(['request', 'answer'] as const).map((column) =>
    encrypted(
      'run_originals',
      column,
      ['run_id'],
      ({ workflow_id, run_id }) => originalBinding(workflow_id, run_id, column),
      RECORDINGS,
    ),
  ),
  encrypted('trial_cases', 'details', ['trial_id', 'position'], async ({ trial_id, position }, db) => {
    const trial = db.selectFrom('trials').select('workflow_id').where('id', '=', trial_id)
    return caseBinding(trial_id, position, (await trial.executeTakeFirstOrThrow()).workflow_id)
  }),
  encrypted('decisions', 'data', ['position'], contentBinding),
  encrypted('decision_attributes', 'data', ['decision_id'], (row) =>
    decisionBinding('attributes', row.workflow_id, row.decision_id),
  ),
  encrypted('decision_explanations', 'details', ['id'], (row) =>
    decisionBinding('explanation', row.workflow_id, row.id),
  ),
  encrypted('decision_proposals', 'data', ['task_id'], proposalBinding),
]

type SecretColumn = { readonly workflow_id: string; readonly key: Uint8Array; readonly revision: number }

async function rewriteSettings(
  db: Db,
  keyring: Keyring,
  table: 'settings' | 'setting_changes',
  after: SecretColumn | null,
): Promise<readonly SecretColumn[]> {
  let query = db
    .selectFrom(table)
    .select(['workflow_id', 'key', 'revision', 'value', 'secret'])
    .where(keyIdIn('value'), '<>', Buffer.from(keyring.id, 'hex'))
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('workflow_id', 'key', 'revision'), '>', tuple(after.workflow_id, after.key, after.revision)),
    )
  }
  const rows = await query.orderBy('workflow_id').orderBy('key').orderBy('revision').limit(BATCH).execute()
  for (const { workflow_id, key, revision, value, secret } of rows) {
    if (value === null) continue
    const bound = { workflowId: workflow_id, key: toText(key), revision, secret: secret === 1 }
    const binding = { purpose: 'setting', ...bound } as const
    const again = rewrite(keyring, value, binding)
    await db
      .updateTable(table)
      .set({ value: again })
      .where('workflow_id', '=', workflow_id)
      .where('key', '=', key)
      .where('revision', '=', revision)
      .execute()
  }
  return rows
}
