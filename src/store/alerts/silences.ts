import type { Silence } from '../../domain/alerts/alert.ts'
import { PRODUCTION_TRIGGERS } from '../../domain/runs/run.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'
import { REPORTED } from '../database/tables/runs.ts'
import type { Db } from '../database/tables/tables.ts'

export type SilenceStore = {
  /** Null: none is active. */
  findSilence(workflowId: string, now: number): Promise<Silence | null>
  putSilence(workflowId: string, silence: Silence): Promise<void>
  deleteSilence(workflowId: string): Promise<boolean>
}

export function createSilences(database: Database): SilenceStore {
  return {
    findSilence: (workflowId, now) => database.read((db) => findSilence(db, workflowId, now)),
    putSilence: (workflowId, { until, by, at }) =>
      database.write(async (db) => {
        const silence = { until, by_json: JSON.stringify(by), at }
        await db
          .insertInto('alert_silences')
          .values({ workflow_id: workflowId, ...silence })
          .onConflict((conflict) => conflict.column('workflow_id').doUpdateSet(silence))
          .execute()
      }),
    deleteSilence: (workflowId) =>
      database.write(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom('alert_silences')
          .where('workflow_id', '=', workflowId)
          .executeTakeFirstOrThrow()
        return numDeletedRows > 0n
      }),
  }
}

export async function findSilence(db: Db, workflowId: string, now: number): Promise<Silence | null> {
  const row = await db.selectFrom('alert_silences').selectAll().where('workflow_id', '=', workflowId).executeTakeFirst()
  if (row === undefined) return null
  const { until, by_json, at } = row
  const hasEnded = until === null ? await hasSucceeded(db, workflowId, at) : until <= now
  return hasEnded ? null : { until, by: parseActor(by_json), at }
}

async function hasSucceeded(db: Db, workflowId: string, since: number): Promise<boolean> {
  const found = await db
    .selectFrom('runs')
    .select('id')
    .where('workflow_id', '=', workflowId)
    .where('status', '=', 'succeeded')
    .where('trigger', 'in', PRODUCTION_TRIGGERS)
    .where('created_at', '>', since)
    // A candidate's success says nothing about the deployed version.
    .where(({ eb, or }) => or([eb('canary', 'is', null), eb('canary', '=', 0)]))
    .where(({ eb, or }) => or([eb('warnings_json', 'is', null), eb.not(REPORTED)]))
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
