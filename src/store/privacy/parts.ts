import type { Place } from '../../domain/privacy/policy.ts'
import { FINAL_STATUSES } from '../../domain/runs/run.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'
import { forgetTexts } from '../runs/read/run-index.ts'
import type { RunPosition } from '../runs/rows/records.ts'
import { forgetSteps } from '../runs/steps/rows.ts'
import { forgetCases } from '../trials/trials.ts'

export type PartStore = {
  /**
   * Deletes one part of a few ended runs, oldest first. Returns the last run's position, or null at the end. Skips
   * durable runs.
   */
  deletePart(workflowId: string, part: Place, before: number, after: RunPosition | null): Promise<RunPosition | null>
  /** `deletePart` for durable runs that ended in this time. They may have begun long before. */
  deletePartOfDurable(
    workflowId: string,
    part: Place,
    ended: { readonly from: number; readonly before: number },
    after: RunPosition | null,
  ): Promise<RunPosition | null>
}

const BATCH = 50

export function createParts(database: Database): PartStore {
  return {
    async deletePart(workflowId, part, before, after) {
      const rows = await database.read((db) => selectOld(db, workflowId, before, after))
      await forgetPart(
        database,
        part,
        rows.filter(({ parts }) => parts === null).map(({ id }) => id),
      )
      return positionOf(rows)
    },
    async deletePartOfDurable(workflowId, part, { from, before }, after) {
      const isDurable = await database.read((db) =>
        db
          .selectFrom('versions')
          .select('id')
          .where('workflow_id', '=', workflowId)
          .where('durable', '=', 1)
          .limit(1)
          .executeTakeFirst(),
      )
      if (isDurable === undefined) return null
      const rows = await database.read((db) => selectOld(db, workflowId, before, after))
      const isOver = (endedAt: number | null) => endedAt !== null && endedAt >= from && endedAt < before
      const over = rows.filter(({ parts, finished_at }) => parts !== null && isOver(finished_at))
      await forgetPart(
        database,
        part,
        over.map(({ id }) => id),
      )
      return positionOf(rows)
    },
  }
}

function selectOld(db: Db, workflowId: string, before: number, after: RunPosition | null) {
  return db
    .selectFrom('runs')
    .select(['id', 'created_at', 'finished_at', 'parts'])
    .where('workflow_id', '=', workflowId)
    .where('status', 'in', FINAL_STATUSES)
    .where('created_at', '<', before)
    .$if(after !== null, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'id'), '>', tuple(after?.createdAt ?? 0, after?.id ?? '')),
      ),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(BATCH)
    .execute()
}

const positionOf = (rows: readonly { readonly id: string; readonly created_at: number }[]): RunPosition | null => {
  const last = rows.at(-1)
  return last === undefined ? null : { createdAt: last.created_at, id: last.id }
}

async function forgetPart(database: Database, part: Place, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await database.write(async (db) => {
    // A recording contains both.
    if (part !== 'logs') {
      await db.updateTable('run_calls').set({ recording: null }).where('run_id', 'in', ids).execute()
      await forgetCases(db, ids)
    }
    if (part === 'request') {
      const nothing = { head_json: null, body: null, body_packed: null }
      await db.updateTable('run_requests').set(nothing).where('run_id', 'in', ids).execute()
    } else {
      const nothing =
        part === 'answer' ? { result_json: null, result_packed: null } : { logs_json: null, logs_packed: null }
      await db.updateTable('run_results').set(nothing).where('run_id', 'in', ids).execute()
      if (part === 'answer') await forgetSteps(db, ids)
    }
    await forgetTexts(db, ids, true)
  })
}
