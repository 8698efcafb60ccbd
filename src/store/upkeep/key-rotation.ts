/** No server may run. The rotation can be interrupted at any time. */

import { StartError } from '../../errors.ts'
import { channelBinding } from '../alerts/channels.ts'
import { rewriteConnections } from '../connections/connections.ts'
import type { Database, DatabaseOptions } from '../database/database.ts'
import { openDatabase } from '../database/engines/open.ts'
import { type Db, toText } from '../database/tables/tables.ts'
import { recordingBinding } from '../runs/rows/calls.ts'
import { originalBinding } from '../runs/rows/originals.ts'
import { stepBinding } from '../runs/steps/rows.ts'
import { rewriteDecisionKey } from '../secrets/decision-key.ts'
import { createKeyring, type Keyring } from '../secrets/encryption.ts'
import { markRotation, renewKeyCheck, unmarkRotation } from '../secrets/key-check.ts'
import { rewriteLastingKeys } from '../secrets/lasting-keys.ts'
import { selectLiveServers } from '../servers/servers.ts'
import { rewriteShared } from '../settings/shared.ts'
import { caseBinding } from '../trials/trials.ts'
import { bindingOf } from '../workflows/sender-secrets.ts'
import { keyIdIn, rewrite } from './rewrite.ts'
import { rewriteDecisions } from './rotate-decisions.ts'
import { type RenewSecret, rotateTwoFactor } from './rotate-two-factor.ts'

const BATCH = 200

export type Rotation = {
  readonly current: Buffer
  readonly next: Buffer
  readonly commit: () => void
  readonly renewAccounts: RenewSecret
}

/** Blocks server starts until it has finished. After an interruption, a call with the same keys continues. */
export async function rotateKey(
  options: DatabaseOptions,
  { current, next, commit, renewAccounts }: Rotation,
): Promise<number> {
  const keyring = createKeyring(next, [current])
  const database = await openDatabase(options)
  try {
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

/** The lock on SQLite's data directory excludes other processes. */
async function refuseLiveServers(database: Database): Promise<void> {
  if (database.engine === 'sqlite') return
  const alive = await database.read((db) => selectLiveServers(db, database.engine))
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
  let written: number
  do {
    written = await database.write((db) => rewriteSenderSecrets(db, keyring))
    count += written
  } while (written > 0)
  do {
    written = await database.write((db) => rewriteChannels(db, keyring))
    count += written
  } while (written > 0)
  do {
    written = await database.write((db) => rewriteRecordings(db, keyring))
    written += await database.write((db) => rewriteCases(db, keyring))
    written += await database.write((db) => rewriteSteps(db, keyring))
    written += await database.write((db) => rewriteOriginals(db, keyring))
    written += await database.write((db) => rewriteDecisions(db, keyring))
    count += written
  } while (written > 0)
  await database.write((db) => rewriteLastingKeys(db, keyring))
  await database.write((db) => rewriteDecisionKey(db, keyring))
  count += await database.write((db) => rewriteShared(db, keyring))
  count += await database.write((db) => rewriteConnections(db, keyring))
  return count
}

/** A recording may have a megabyte. */
const RECORDINGS = 10

async function rewriteRecordings(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('run_calls')
    .select(['run_id', 'workflow_id', 'recording'])
    .where(keyIdIn('recording'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(RECORDINGS)
    .execute()
  for (const { run_id, workflow_id, recording } of rows) {
    if (recording === null) continue
    const again = rewrite(keyring, recording, recordingBinding(workflow_id, run_id))
    await db.updateTable('run_calls').set({ recording: again }).where('run_id', '=', run_id).execute()
  }
  return rows.length
}

async function rewriteSteps(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('run_steps')
    .select(['run_id', 'workflow_id', 'kind', 'name_json', 'number', 'data'])
    .where(keyIdIn('data'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(RECORDINGS)
    .execute()
  for (const { data, ...row } of rows) {
    if (data === null) continue
    await db
      .updateTable('run_steps')
      .set({ data: rewrite(keyring, data, stepBinding(row)) })
      .where('run_id', '=', row.run_id)
      .where('kind', '=', row.kind)
      .where('name_json', '=', row.name_json)
      .where('number', '=', row.number)
      .execute()
  }
  return rows.length
}

/** Requests of waiting runs and answers for calling runs, before their redaction. */
async function rewriteOriginals(db: Db, keyring: Keyring): Promise<number> {
  let count = 0
  for (const column of ['request', 'answer'] as const) {
    const rows = await db
      .selectFrom('run_originals')
      .select(['run_id', 'workflow_id', `${column} as text`])
      .where(keyIdIn(column), '<>', Buffer.from(keyring.id, 'hex'))
      .limit(RECORDINGS)
      .execute()
    for (const { run_id, workflow_id, text } of rows) {
      if (text === null) continue
      const again = rewrite(keyring, text, originalBinding(workflow_id, run_id, column))
      await db
        .updateTable('run_originals')
        .set({ [column]: again })
        .where('run_id', '=', run_id)
        .execute()
    }
    count += rows.length
  }
  return count
}

async function rewriteCases(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('trial_cases')
    .innerJoin('trials', 'trials.id', 'trial_cases.trial_id')
    .select(['trial_id', 'position', 'details', 'trials.workflow_id'])
    .where(keyIdIn('details'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { trial_id, position, workflow_id, details } of rows) {
    if (details === null) continue
    const again = rewrite(keyring, details, caseBinding(trial_id, position, workflow_id))
    await db
      .updateTable('trial_cases')
      .set({ details: again })
      .where('trial_id', '=', trial_id)
      .where('position', '=', position)
      .execute()
  }
  return rows.length
}

async function rewriteChannels(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('channels')
    .select(['id', 'config'])
    .where(keyIdIn('config'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { id, config } of rows) {
    const again = rewrite(keyring, config, channelBinding(id))
    await db.updateTable('channels').set({ config: again }).where('id', '=', id).execute()
  }
  return rows.length
}

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

async function rewriteSenderSecrets(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('workflows')
    .select(['id', 'sender_secrets'])
    .where(keyIdIn('sender_secrets'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { id, sender_secrets } of rows) {
    if (sender_secrets === null) continue
    const again = rewrite(keyring, sender_secrets, bindingOf(id))
    await db.updateTable('workflows').set({ sender_secrets: again }).where('id', '=', id).execute()
  }
  return rows.length
}
