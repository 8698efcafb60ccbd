import type { Insertable } from 'kysely'
import { openDatabase } from '../../src/store/database/engines/open.ts'
import type { RunRow } from '../../src/store/database/tables/runs.ts'
import { newId } from './store-data.ts'

const CHUNK = 500
const APART_MS = 1000

/** The server must be stopped. Runs are one second apart up to `until`. One in a thousand failed. */
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

function runRow(workflowId: string, number: number, createdAt: number): PastRun {
  const failed = number % 1000 === 0
  const message = failed ? `ValueError: run ${number}` : null
  return pastRun({ workflowId, versionId: null, createdAt, ms: 20, message })
}

/** Columns that are left out are null. */
export type PastRun = Insertable<RunRow>

type Past = {
  readonly workflowId: string
  readonly versionId: string | null
  readonly createdAt: number
  readonly ms: number
  /** Null for a run that succeeded. */
  readonly message: string | null
}

export function pastRun({ workflowId, versionId, createdAt, ms, message }: Past): PastRun {
  return {
    id: newId('run', createdAt),
    workflow_id: workflowId,
    version_id: versionId,
    trigger: 'hook',
    status: message === null ? 'succeeded' : 'failed',
    code: message === null ? null : 'exception',
    message_json: message === null ? null : JSON.stringify(message),
    keep_settings: 1,
    created_at: createdAt,
    started_at: createdAt,
    finished_at: Math.ceil(createdAt + ms),
    server_id: 'srv_1',
    attempt: 1,
    attended: 0,
  }
}
