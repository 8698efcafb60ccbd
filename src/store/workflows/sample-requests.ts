import type { SampleRequest, SampleSource } from '../../domain/runs/sample-request.ts'
import type { Database } from '../database/database.ts'
import { toBuffer } from '../database/tables/tables.ts'

export type SampleRequestStore = {
  findSampleRequest(workflowId: string): Promise<SampleRequest | null>
  /** Null deletes the sample. */
  putSampleRequest(workflowId: string, sample: SampleRequest | null, now: number): Promise<void>
}

type Head = Pick<SampleRequest, 'method' | 'query' | 'headers'>

export function createSampleRequests(database: Database): SampleRequestStore {
  return {
    findSampleRequest: (workflowId) =>
      database.read(async (db) => {
        const row = await db
          .selectFrom('sample_requests')
          .selectAll()
          .where('workflow_id', '=', workflowId)
          .executeTakeFirst()
        if (row === undefined) return null
        const head: Head = JSON.parse(row.head_json)
        return { ...head, body: toBuffer(row.body), source: row.source }
      }),
    putSampleRequest: (workflowId, sample, now) =>
      database.write(async (db) => {
        await db.deleteFrom('sample_requests').where('workflow_id', '=', workflowId).execute()
        if (sample === null) return
        const { method, query, headers, body, source } = sample
        const head_json = JSON.stringify({ method, query, headers } satisfies Head)
        const row = { workflow_id: workflowId, head_json, body, source: source satisfies SampleSource, updated_at: now }
        await db.insertInto('sample_requests').values(row).execute()
      }),
  }
}
