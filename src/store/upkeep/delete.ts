import { FINAL_STATUSES } from '../../domain/runs/run.ts'
import { type AuditEntry, insertAudit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'
import { forgetInternalHosts } from '../network/internal-hosts.ts'
import { deleteSteps } from '../runs/steps/rows.ts'
import { deleteTrials, forgetCases } from '../trials/trials.ts'
import { deleteDrafts } from '../workflows/drafts.ts'

export type DeletionStore = {
  /** Returns the ids of the ended runs, which it deletes. 50 take 2 ms of SQLite's single writer. */
  deleteRuns(ids: readonly string[]): Promise<readonly string[]>
  deleteWorkflow(id: string, entry: AuditEntry): Promise<'deleted' | 'not_archived' | 'running' | 'waiting'>
}

const BATCH_RUNS = 50

export function createDeletion(database: Database): DeletionStore {
  return {
    deleteRuns: (ids) => database.write((db) => deleteEnded(db, ids)),
    deleteWorkflow: (id, entry) => deleteWorkflow(database, id, entry),
  }
}

async function deleteEnded(db: Db, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('id', 'in', ids)
    .where('status', 'in', FINAL_STATUSES)
    .execute()
  const ended = rows.map(({ id }) => id)
  if (ended.length > 0) await deleteRows(db, ended)
  return ended
}

/** Deletes all that runs hold except their rows. */
export async function deletePayloads(db: Db, ids: readonly string[]): Promise<void> {
  for (const table of [
    'dead_letters',
    'run_requests',
    'run_results',
    'run_originals',
    'run_calls',
    'run_identities',
  ] as const) {
    await db.deleteFrom(table).where('run_id', 'in', ids).execute()
  }
  await deleteSteps(db, ids)
  await forgetCases(db, ids)
}

/** Keeps the settings' history: later changes show its values. */
async function deleteRows(db: Db, ids: readonly string[]): Promise<void> {
  await deletePayloads(db, ids)
  await db.deleteFrom('cancel_requests').where('run_id', 'in', ids).execute()
  await db.updateTable('setting_changes').set({ run_id: null }).where('run_id', 'in', ids).execute()
  await db.deleteFrom('runs').where('id', 'in', ids).execute()
}

async function deleteWorkflow(
  database: Database,
  id: string,
  entry: AuditEntry,
): ReturnType<DeletionStore['deleteWorkflow']> {
  // A workflow may have a million runs. An interrupted call can be repeated.
  for (;;) {
    const done = await database.write(async (db) => {
      const state = await lockState(db, id)
      if (state !== 'deletable') return state
      const runs = await db.selectFrom('runs').select('id').where('workflow_id', '=', id).limit(BATCH_RUNS).execute()
      if (runs.length > 0) {
        await deleteRows(
          db,
          runs.map((run) => run.id),
        )
        return null
      }
      await deleteRest(db, id)
      await insertAudit(db, entry)
      return 'deleted'
    })
    if (done !== null) return done
  }
}

/** Until the transaction ends, the workflow cannot be restored and gets no run. */
async function lockState(db: Db, id: string): Promise<'deletable' | 'not_archived' | 'running' | 'waiting'> {
  const rows = db.selectFrom('workflows').select('archived').where('id', '=', id)
  const workflow = await rows.forUpdate().executeTakeFirst()
  if (workflow?.archived !== 1) return 'not_archived'
  const active = await db
    .selectFrom('runs')
    .select('status')
    .where('workflow_id', '=', id)
    .where('status', 'in', ['queued', 'running', 'waiting'])
    .orderBy('status')
    .limit(1)
    .executeTakeFirst()
  return active === undefined ? 'deletable' : active.status === 'waiting' ? 'waiting' : 'running'
}

async function deleteRest(db: Db, id: string): Promise<void> {
  await deleteTrials(db, id)
  const tables = [
    'alerts',
    'alert_limits',
    'alert_silences',
    'alert_states',
    'canaries',
    'sample_requests',
    'ticks',
    'schedules',
    'refused_calls',
    'setting_changes',
    'settings',
    'settings_totals',
    'run_counts',
  ] as const
  for (const table of tables) await db.deleteFrom(table).where('workflow_id', '=', id).execute()
  await db
    .updateTable('workflows')
    .set({ deployed_version_id: null, deployed_version: null })
    .where('id', '=', id)
    .execute()
  await deleteDrafts(db, 'workflow_id', id)
  await forgetInternalHosts(db, id)
  await db.deleteFrom('versions').where('workflow_id', '=', id).execute()
  await db.deleteFrom('workflows').where('id', '=', id).execute()
}
