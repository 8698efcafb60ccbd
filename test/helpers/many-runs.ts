/** A workflow with more runs than anybody wants to make one by one. */

import { openDatabase } from '../../src/store/database.ts'
import type { RunRow } from '../../src/store/tables.ts'
import { newId } from './store-data.ts'

const CHUNK = 500
const APART_MS = 1000

/** Writes finished runs of hooks, one second apart up to `until`, past a server that is stopped. One in a thousand failed. */
export async function writeRuns(dataDir: string, workflowId: string, count: number, until: number): Promise<void> {
  const database = await openDatabase({ databaseUrl: null, dataDir })
  await database.write(async (db) => {
    for (let done = 0; done < count; done += CHUNK) {
      const rows = Array.from({ length: Math.min(CHUNK, count - done) }, (_, index) =>
        runRow(workflowId, done + index, until - (count - done - index) * APART_MS),
      )
      await db.insertInto('runs').values(rows).execute()
    }
  })
  await database.close()
}

function runRow(workflowId: string, number: number, createdAt: number): RunRow {
  const failed = number % 1000 === 0
  return {
    id: newId('run', createdAt),
    workflow_id: workflowId,
    version_id: null,
    trigger: 'hook',
    status: failed ? 'failed' : 'succeeded',
    code: failed ? 'exception' : null,
    message_json: failed ? JSON.stringify(`ValueError: run ${number}`) : null,
    warnings_json: null,
    replay_of: null,
    keep_settings: 1,
    created_at: createdAt,
    started_at: createdAt,
    finished_at: createdAt + 20,
    timing_json: null,
    server_id: 'srv_1',
    not_before: null,
  }
}
