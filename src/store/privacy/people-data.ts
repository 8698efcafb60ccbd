import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { identityOf } from '../../domain/privacy/identity.ts'
import { holdsValue } from '../../domain/privacy/value.ts'
import { isFinal, type Run, type RunStatus } from '../../domain/runs/run.ts'
import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import { insertAudit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { type Db, type ErasureRow, toText } from '../database/tables/tables.ts'
import { decisionsOfRuns, emptyDecisions, findPersonDecisions } from '../decisions/erase.ts'
import { getDecision } from '../decisions/read.ts'
import { getRun } from '../runs/read/list.ts'
import { forgetTexts } from '../runs/read/run-index.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { getLastingKey } from '../secrets/lasting-keys.ts'
import { decryptValue } from '../settings/values.ts'
import { deletePayloads } from '../upkeep/delete.ts'
import { erasePersonDrafts, findPersonDrafts, type PersonDraft } from './person-drafts.ts'
import { scanRuns } from './scan.ts'

type FoundRun = {
  readonly workflowId: string
  readonly workflowName: string
  readonly runId: string
  readonly createdAt: number
}

export type Certificate = {
  readonly id: string
  readonly at: number
  readonly by: Actor
  readonly runs: readonly string[]
  readonly decisions: readonly string[]
  /** Hash of the other fields and the erased data. */
  readonly sha256: string
}

export type PersonChange = {
  readonly workflowId: string
  readonly key: string
  readonly revision: number
  readonly at: number
  readonly runId: string | null
  /** JSON, or null for a secret. */
  readonly value: string | null
}

type RunKey = { readonly keyDigest: string; readonly bodyDigest: string; readonly createdAt: number }

type Erasure = {
  readonly id: string
  readonly value: string
  readonly runIds: readonly string[]
  readonly by: Actor
  readonly at: number
}

export type PeopleDataStore = {
  /** Searches by hash and by a full scan. At most 1,000, newest first. */
  findPerson(value: string): Promise<readonly FoundRun[]>
  findPersonChanges(value: string, runIds: readonly string[]): Promise<readonly PersonChange[]>
  findPersonDrafts(value: string): Promise<readonly PersonDraft[]>
  listWithAttempts(runIds: readonly string[]): Promise<readonly string[]>
  listRunKeys(runId: string): Promise<readonly RunKey[]>
  /**
   * Deletes data of the runs, their attempts, and in drafts. Erases nothing and returns null for an unknown run, or the
   * id of an active one.
   */
  erasePerson(erasure: Erasure): Promise<Certificate | { readonly active: string; readonly waits: boolean } | null>
  listErasures(): Promise<readonly Certificate[]>
}

const MAX_FOUND = 1000
const ERASED = JSON.stringify('***')

export function createPeopleData(database: Database, keyring: Keyring): PeopleDataStore {
  return {
    findPerson: async (value) =>
      findPerson(database, keyring, value, identityOf(await getLastingKey(database, keyring, 'privacy-key'), value)),
    findPersonChanges: (value, runIds) => database.read((db) => findChanges(db, keyring, value, runIds)),
    findPersonDrafts: (value) => findPersonDrafts(database, value),
    listWithAttempts: (runIds) => database.read(async (db) => (await withAttempts(db, runIds)).map(({ id }) => id)),
    listRunKeys: (runId) => database.read((db) => listRunKeys(db, runId)),
    erasePerson: (erasure) => erasePerson(database, keyring, erasure),
    listErasures: () =>
      database.read(async (db) =>
        (await db.selectFrom('erasures').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').execute()).map(
          toCertificate,
        ),
      ),
  }
}

async function findPerson(
  database: Database,
  keyring: Keyring,
  value: string,
  hash: string,
): Promise<readonly FoundRun[]> {
  const ids = new Set(await database.read((db) => findByHash(db, hash)))
  for (const id of await scanRuns(database, keyring, value, MAX_FOUND)) ids.add(id)
  return await database.read((db) => listFound(db, [...ids].slice(0, MAX_FOUND)))
}

async function findByHash(db: Db, hash: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('run_identities')
    .select('run_id')
    .where('hash', '=', hash)
    .orderBy('run_id', 'desc')
    .limit(MAX_FOUND)
    .execute()
  return rows.map(({ run_id }) => run_id)
}

async function listFound(db: Db, ids: readonly string[]): Promise<readonly FoundRun[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.id', 'runs.created_at', 'runs.workflow_id', 'workflows.name'])
    .where('runs.id', 'in', ids)
    .orderBy('runs.created_at', 'desc')
    .orderBy('runs.id', 'desc')
    .execute()
  return rows.map((row) => ({
    workflowId: row.workflow_id,
    workflowName: row.name,
    runId: row.id,
    createdAt: row.created_at,
  }))
}

async function findChanges(
  db: Db,
  keyring: Keyring,
  value: string,
  runIds: readonly string[],
): Promise<readonly PersonChange[]> {
  if (runIds.length === 0) return []
  const rows = await db.selectFrom('setting_changes').selectAll().where('run_id', 'in', runIds).execute()
  return rows.flatMap((row) => {
    if (row.value === null) return []
    const text = decryptValue(keyring, row, row.value)
    if (!holdsValue(text, value)) return []
    const { workflow_id, revision, at, run_id, secret } = row
    return [
      { workflowId: workflow_id, key: toText(row.key), revision, at, runId: run_id, value: secret === 1 ? null : text },
    ]
  })
}

async function erasePerson(
  database: Database,
  keyring: Keyring,
  { id, value, runIds, by, at }: Erasure,
): Promise<Certificate | { readonly active: string; readonly waits: boolean } | null> {
  const privacyKey = await getLastingKey(database, keyring, 'privacy-key')
  const decisionIds = (await findPersonDecisions(database, keyring, privacyKey, value)).map((one) => one.id)
  const result = await database.write(async (db) => {
    const all = await withAttempts(db, runIds)
    if (runIds.some((runId) => all.every((run) => run.id !== runId))) return null
    const active = all.find(({ status }) => !isFinal(status))
    if (active !== undefined) return { active: active.id, waits: active.status === 'waiting' }
    const runs = all.map((run) => run.id)
    if (database.engine === 'sqlite') await sql`pragma secure_delete = on`.execute(db)
    const digest = createHash('sha256').update(JSON.stringify({ id, at, by, runs }))
    for (const run of runs) {
      const stored = await getRun(db, keyring, run)
      if (stored !== null) digest.update(contentOf(stored))
    }
    for (const draft of await erasePersonDrafts(db, value)) digest.update(JSON.stringify(draft))
    const decisions = [...new Set([...decisionIds, ...(await decisionsOfRuns(db, runs))])].sort()
    for (const one of decisions) digest.update(JSON.stringify(await getDecision(db, keyring, one)))
    await emptyDecisions(db, keyring, decisions, at)
    if (runs.length > 0) {
      await eraseChanges(db, keyring, value, runs)
      await eraseSamples(db, value, runs)
      await eraseRuns(db, runs, at)
    }
    const row = {
      id,
      at,
      by_json: JSON.stringify(by),
      runs_json: JSON.stringify(runs),
      decisions_json: JSON.stringify(decisions),
      sha256: digest.digest('hex'),
    }
    await db.insertInto('erasures').values(row).execute()
    const detail = `${id}: ${runs.length} runs${decisions.length === 0 ? '' : `, ${decisions.length} decisions`}`
    await insertAudit(db, { at, by, action: 'privacy.erase', workflowId: null, detail })
    if (database.engine === 'sqlite') await sql`pragma secure_delete = off`.execute(db)
    return toCertificate(row)
  })
  // The log still contains old pages.
  if (database.engine === 'sqlite') await database.read((db) => sql`pragma wal_checkpoint(truncate)`.execute(db))
  return result
}

const contentOf = ({ request, response, result, message, traceback }: Run): string =>
  JSON.stringify([
    request && { ...request, body: request.body.toString('base64') },
    response,
    result,
    message,
    traceback,
  ])

async function listRunKeys(db: Db, runId: string): Promise<readonly RunKey[]> {
  const rows = await db.selectFrom('idempotency_keys').selectAll().where('run_id', '=', runId).execute()
  return rows.map(({ id, body_hash, created_at }) => ({
    keyDigest: id,
    bodyDigest: body_hash,
    createdAt: created_at,
  }))
}

async function withAttempts(
  db: Db,
  runIds: readonly string[],
): Promise<readonly { readonly id: string; readonly status: RunStatus }[]> {
  if (runIds.length === 0) return []
  const given = await db.selectFrom('runs').select(['id', 'retry_of']).where('id', 'in', runIds).execute()
  if (given.length === 0) return []
  const first = [...new Set(given.map(({ id, retry_of }) => retry_of ?? id))]
  return await db
    .selectFrom('runs')
    .select(['id', 'status'])
    .where(({ or, eb }) => or([eb('id', 'in', [...runIds, ...first]), eb('retry_of', 'in', first)]))
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Keeps the rows for counts, but no content. */
async function eraseRuns(db: Db, ids: readonly string[], at: number): Promise<void> {
  await deletePayloads(db, ids)
  await db.deleteFrom('idempotency_keys').where('run_id', 'in', ids).execute()
  await db
    .updateTable('runs')
    .set({ message_json: null, warnings_json: null, label_json: null, erased_at: at })
    .where('id', 'in', ids)
    .execute()
  // Follows the row updates: the indexer locks the rows and reads the result.
  await forgetTexts(db, ids, false)
  for (const id of ids) await db.deleteFrom('alerts').where('message_json', 'like', `%${id}%`).execute()
}

/** A change shows the previous change's value as its old value, which is erased too. */
async function eraseChanges(db: Db, keyring: Keyring, value: string, runIds: readonly string[]): Promise<void> {
  for (const { workflowId, key, revision, value: shown } of await findChanges(db, keyring, value, runIds)) {
    const secret = shown === null
    const erased = keyring.encrypt(ERASED, { purpose: 'setting', workflowId, key, revision, secret })
    await db
      .updateTable('setting_changes')
      .set({ value: erased })
      .where('workflow_id', '=', workflowId)
      .where('key', '=', Buffer.from(key))
      .where('revision', '=', revision)
      .execute()
  }
}

/** A sample request may be a copy of a run's request. */
async function eraseSamples(db: Db, value: string, runIds: readonly string[]): Promise<void> {
  const samples = await db
    .selectFrom('sample_requests')
    .select(['workflow_id', 'head_json', 'body'])
    .where('workflow_id', 'in', ({ selectFrom }) => selectFrom('runs').select('workflow_id').where('id', 'in', runIds))
    .execute()
  for (const { workflow_id, head_json, body } of samples) {
    if (!holdsValue(head_json, value) && !holdsValue(toText(body), value)) continue
    await db.deleteFrom('sample_requests').where('workflow_id', '=', workflow_id).execute()
  }
}

const toCertificate = ({ id, at, by_json, runs_json, decisions_json, sha256 }: ErasureRow): Certificate => ({
  id,
  at,
  by: parseActor(by_json),
  runs: JSON.parse(runs_json),
  decisions: JSON.parse(decisions_json ?? '[]'),
  sha256,
})
