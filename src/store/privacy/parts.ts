/** Deletes requests, answers or logs of old runs but keeps the runs (`privacy.keep_days`). */

import type { Place } from '../../domain/privacy/policy.ts'
import { FINAL_STATUSES } from '../../domain/runs/run.ts'
import type { Database } from '../database/database.ts'
import { forgetTexts } from '../runs/read/run-index.ts'
import type { RunPosition } from '../runs/rows/records.ts'
import { forgetSteps } from '../runs/steps/rows.ts'
import { forgetCases } from '../trials/trials.ts'

export type PartStore = {
  /**
   * Deletes one part of a small batch of ended runs, oldest first. Returns the last run's position, or null at the end.
   */
  deletePart(workflowId: string, part: Place, before: number, after: RunPosition | null): Promise<RunPosition | null>
}

const BATCH = 50

export function createParts(database: Database): PartStore {
  return {
    async deletePart(workflowId, part, before, after) {
      const rows = await database.read((db) =>
        db
          .selectFrom('runs')
          .select(['id', 'created_at'])
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
          .execute(),
      )
      const last = rows.at(-1)
      if (last === undefined) return null
      const ids = rows.map(({ id }) => id)
      await database.write(async (db) => {
        // A recording contains parts of both.
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
      return { createdAt: last.created_at, id: last.id }
    },
  }
}
