import { sql } from 'kysely'
import type { Snapshot } from '../../domain/settings/settings.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import {
  type CaseResult,
  type Trial,
  type TrialCase,
  type TrialFairness,
  VERDICTS,
  type Verdict,
} from '../../domain/trials/trial.ts'
import type { Database } from '../database/database.ts'
import { packFiles, parseFiles } from '../database/files.ts'
import { type Page, type PageQuery, readCursor, readNewest, toPage } from '../database/paging.ts'
import { type Db, isPostgres, toBuffer, toBytes, toText } from '../database/tables/tables.ts'
import type { TrialCaseRow, TrialRow } from '../database/tables/trials.ts'
import { forgetExplanations } from '../decisions/explanations.ts'
import { holdData } from '../runs/rows/erased.ts'
import type { Binding, Keyring } from '../secrets/encryption.ts'
import { selectLiveServers } from '../servers/servers.ts'
import { settingsAt } from './settings-at.ts'

type PendingCase = { readonly position: number; readonly runId: string }

export type TrialStore = {
  /** Keeps the workflow's newest 100. */
  create(trial: Trial, runIds: readonly string[]): Promise<void>
  get(id: string): Promise<Trial | null>
  list(workflowId: string, page: PageQuery): Promise<Page<Trial>>
  listCases(trialId: string, verdict: Verdict | null, page: PageQuery): Promise<Page<TrialCase>>
  listPendingCases(trialId: string): Promise<readonly PendingCase[]>
  /** Has no effect after the end of the case or its trial. */
  endCase(trialId: string, position: number, trialRunId: string | null, result: CaseResult): Promise<void>
  setFairness(id: string, fairness: TrialFairness): Promise<void>
  end(id: string, status: 'done' | 'cancelled', now: number): Promise<boolean>
  /** Takes over running trials of dead servers. */
  adopt(): Promise<readonly Trial[]>
  settingsAt(workflowId: string, at: number, runId: string): Promise<Snapshot>
}

const MAX_KEPT = 100
const ROWS_PER_STATEMENT = 200

export const caseBinding = (trialId: string, position: number, workflowId: string): Binding => ({
  purpose: 'trial',
  workflowId,
  key: trialId,
  revision: position,
})

export function createTrials(database: Database, keyring: Keyring, serverId: string): TrialStore {
  return {
    create: (trial, runIds) => database.write((db) => createTrial(db, trial, runIds, serverId)),
    get: (id) => database.read((db) => getTrial(db, id)),
    list: (workflowId, page) => database.read((db) => listTrials(db, workflowId, page)),
    listCases: (trialId, verdict, page) => database.read((db) => listCases(db, keyring, { trialId, verdict }, page)),
    listPendingCases: (trialId) => database.read((db) => listPendingCases(db, trialId)),
    endCase: (trialId, position, trialRunId, result) =>
      database.write((db) => endCase(db, keyring, { trialId, position, trialRunId, result })),
    setFairness: (id, fairness) =>
      database.write(async (db) => {
        const fairness_json = JSON.stringify(fairness)
        await db.updateTable('trials').set({ fairness_json }).where('id', '=', id).execute()
      }),
    end: (id, status, now) => database.write((db) => endTrial(db, id, status, now)),
    adopt: () => database.write((db) => adoptTrials(db, serverId)),
    settingsAt: (workflowId, at, runId) => database.read((db) => settingsAt(db, keyring, { workflowId, at, runId })),
  }
}

async function createTrial(db: Db, trial: Trial, runIds: readonly string[], serverId: string): Promise<void> {
  const { id, workflowId, version, source, files, outbound, ignore, status, total, fairness, ...made } = trial
  const row = {
    id,
    workflow_id: workflowId,
    version,
    source: source === null ? null : toBytes(source),
    files: packFiles(files),
    outbound,
    ignore_json: JSON.stringify(ignore),
    status,
    total,
    same: 0,
    changed: 0,
    fixed: 0,
    broken: 0,
    not_comparable: 0,
    fairness_json: fairness === null ? null : JSON.stringify(fairness),
    created_at: made.createdAt,
    created_by_json: JSON.stringify(made.createdBy),
    finished_at: null,
    server_id: serverId,
  }
  await db.insertInto('trials').values(row).execute()
  const cases = runIds.map((runId, position) => ({
    trial_id: id,
    position,
    run_id: runId,
    trial_run_id: null,
    verdict: null,
    details: null,
  }))
  for (let start = 0; start < cases.length; start += ROWS_PER_STATEMENT)
    await db
      .insertInto('trial_cases')
      .values(cases.slice(start, start + ROWS_PER_STATEMENT))
      .execute()
  const old = db
    .selectFrom('trials')
    .select('id')
    .where('workflow_id', '=', workflowId)
    .where('status', '<>', 'running')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(ROWS_PER_STATEMENT)
    .offset(MAX_KEPT)
  const ids = (await old.execute()).map((found) => found.id)
  if (ids.length === 0) return
  await db.deleteFrom('trial_cases').where('trial_id', 'in', ids).execute()
  await db.deleteFrom('trials').where('id', 'in', ids).execute()
}

async function getTrial(db: Db, id: string): Promise<Trial | null> {
  const row = await db.selectFrom('trials').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toTrial(row)
}

async function listTrials(db: Db, workflowId: string, page: PageQuery): Promise<Page<Trial>> {
  const trials = db.selectFrom('trials').selectAll().where('workflow_id', '=', workflowId)
  return await readNewest(
    trials,
    page,
    { created_at: 'number', id: 'string' },
    (row) => [row.created_at, row.id],
    toTrial,
  )
}

async function listCases(
  db: Db,
  keyring: Keyring,
  { trialId, verdict }: { readonly trialId: string; readonly verdict: Verdict | null },
  page: PageQuery,
): Promise<Page<TrialCase>> {
  const trial = await getTrial(db, trialId)
  const after = readCursor(page, ['number'])
  let query = db.selectFrom('trial_cases').selectAll().where('trial_id', '=', trialId)
  query = verdict === null ? query.where('verdict', 'is not', null) : query.where('verdict', '=', verdict)
  if (after !== null) query = query.where('position', '>', Number(after[0]))
  const rows = await query
    .orderBy('position')
    .limit(page.limit + 1)
    .execute()
  return toPage(
    rows,
    page,
    (row) => [row.position],
    (row) => toCase(keyring, trial?.workflowId ?? '', row),
  )
}

async function listPendingCases(db: Db, trialId: string): Promise<readonly PendingCase[]> {
  const rows = await db
    .selectFrom('trial_cases')
    .select(['position', 'run_id'])
    .where('trial_id', '=', trialId)
    .where('verdict', 'is', null)
    .orderBy('position')
    .execute()
  return rows.map(({ position, run_id }) => ({ position, runId: run_id }))
}

type Ending = {
  readonly trialId: string
  readonly position: number
  readonly trialRunId: string | null
  readonly result: CaseResult
}

async function endCase(db: Db, keyring: Keyring, { trialId, position, trialRunId, result }: Ending): Promise<void> {
  const { verdict, ...details } = result
  const trial = await db
    .selectFrom('trials')
    .select(['workflow_id', 'status'])
    .where('id', '=', trialId)
    .executeTakeFirst()
  if (trial?.status !== 'running') return
  const isKept = await holdsRuns(db, trialId, position, trialRunId)
  const sealed = keyring.encrypt(JSON.stringify(details), caseBinding(trialId, position, trial.workflow_id))
  const { numUpdatedRows } = await db
    .updateTable('trial_cases')
    .set({ verdict, trial_run_id: trialRunId, details: isKept ? sealed : null })
    .where('trial_id', '=', trialId)
    .where('position', '=', position)
    .where('verdict', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return
  await db
    .updateTable('trials')
    .set(({ eb }) => ({ [verdict]: eb(verdict, '+', 1) }))
    .where('id', '=', trialId)
    .execute()
}

/** A comparison holds data of both runs. */
async function holdsRuns(db: Db, trialId: string, position: number, trialRunId: string | null): Promise<boolean> {
  const found = await db
    .selectFrom('trial_cases')
    .select('run_id')
    .where('trial_id', '=', trialId)
    .where('position', '=', position)
    .executeTakeFirst()
  if (found === undefined || !(await holdData(db, found.run_id))) return false
  return trialRunId === null || (await holdData(db, trialRunId))
}

async function endTrial(db: Db, id: string, status: 'done' | 'cancelled', now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('trials')
    .set({ status, finished_at: now })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

async function adoptTrials(db: Db, serverId: string): Promise<readonly Trial[]> {
  const alive = [serverId, ...(isPostgres(db) ? await selectLiveServers(db) : [])]
  const rows = await db
    .updateTable('trials')
    .set({ server_id: serverId })
    .where('status', '=', sql.lit('running'))
    .where('server_id', 'not in', alive)
    .returningAll()
    .execute()
  return rows.map(toTrial)
}

export async function forgetCases(db: Db, runIds: readonly string[]): Promise<void> {
  await forgetExplanations(db, runIds)
  for (const column of ['run_id', 'trial_run_id'] as const)
    await db
      .updateTable('trial_cases')
      .set({ details: null })
      .where(column, 'in', runIds)
      .where('details', 'is not', null)
      .execute()
}

export async function deleteTrials(db: Db, workflowId: string): Promise<void> {
  await db
    .deleteFrom('trial_cases')
    .where('trial_id', 'in', ({ selectFrom }) =>
      selectFrom('trials').select('id').where('workflow_id', '=', workflowId),
    )
    .execute()
  await db.deleteFrom('trials').where('workflow_id', '=', workflowId).execute()
}

function toTrial(row: TrialRow): Trial {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, row[verdict]]))
  return {
    id: row.id,
    workflowId: row.workflow_id,
    version: row.version,
    source: row.source === null ? null : toText(row.source),
    files: parseFiles(row.files),
    outbound: row.outbound,
    ignore: JSON.parse(row.ignore_json),
    status: row.status,
    counts: counts as Trial['counts'],
    total: row.total,
    fairness: row.fairness_json === null ? null : JSON.parse(row.fairness_json),
    createdAt: row.created_at,
    createdBy: parseActor(row.created_by_json),
    finishedAt: row.finished_at,
  }
}

function toCase(keyring: Keyring, workflowId: string, row: TrialCaseRow): TrialCase {
  const { trial_id, position, run_id, trial_run_id, verdict, details } = row
  const found: Omit<CaseResult, 'verdict'> =
    details === null
      ? { wouldSend: [], differences: [] }
      : JSON.parse(keyring.decrypt(toBuffer(details), caseBinding(trial_id, position, workflowId)))
  return { position, runId: run_id, trialRunId: trial_run_id, verdict, ...found }
}
