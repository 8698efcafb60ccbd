/** The run table is the queue: how waiting runs are taken or dropped. */

import { sql } from 'kysely'
import type { Run } from '../domain/run.ts'
import type { Database } from './database.ts'
import { selectWhole } from './run-lists.ts'
import { toWholeRun } from './run-rows.ts'
import type { Db } from './tables.ts'

export type Claim = {
  readonly limit: number
  readonly now: number
  readonly skipWorkflows: readonly string[]
  readonly serverId: string
}

/** Marks the oldest queued runs `running` under this server and gives them whole. Those of archived workflows end. */
export async function claimRuns(db: Db, { engine }: Pick<Database, 'engine'>, claim: Claim): Promise<readonly Run[]> {
  const { limit, now, skipWorkflows, serverId } = claim
  const oldest = await db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.id', 'workflows.archived'])
    // Written out, not bound: so SQLite sees that the index of queued runs holds them all.
    .where('runs.status', '=', sql.lit('queued'))
    .where('runs.not_before', '<=', now)
    .$if(skipWorkflows.length > 0, (query) => query.where('runs.workflow_id', 'not in', skipWorkflows))
    .orderBy('runs.not_before')
    .orderBy('runs.id')
    .limit(limit)
    // Servers that claim at once each take other rows, without waiting.
    .$if(engine === 'postgres', (query) => query.forUpdate('runs').skipLocked())
    .execute()
  const dropped = oldest.filter(({ archived }) => archived === 1).map(({ id }) => id)
  if (dropped.length > 0)
    await endQueued(db, now, 'Its workflow was archived before it started.').where('id', 'in', dropped).execute()
  const taken = oldest.filter(({ archived }) => archived === 0).map(({ id }) => id)
  if (taken.length === 0) return []
  await db
    .updateTable('runs')
    .set({ status: 'running', started_at: now, server_id: serverId })
    .where('id', 'in', taken)
    .execute()
  const rows = await selectWhole(db)
    .where('runs.id', 'in', taken)
    .orderBy('runs.created_at')
    .orderBy('runs.id')
    .execute()
  return rows.map((row) => toWholeRun(row, []))
}

/** How many runs of a workflow are queued, at most `most`. */
export async function countQueued(db: Db, workflowId: string, most: number): Promise<number> {
  const some = db
    .selectFrom('runs')
    .select('id')
    .where('workflow_id', '=', workflowId)
    .where('status', '=', 'queued')
    .limit(most)
  const { count } = await db
    .selectFrom(some.as('some'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Ends one queued run; false when it is not queued any more. */
export async function cancelQueuedRun(db: Db, runId: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await endQueued(db, now, 'Cancelled before it started.')
    .where('id', '=', runId)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Ends all queued runs of a workflow that is archived. */
export async function cancelQueuedRuns(db: Db, workflowId: string, now: number): Promise<void> {
  await endQueued(db, now, 'Its workflow was archived before it started.')
    .where('workflow_id', '=', workflowId)
    .execute()
}

function endQueued(db: Db, now: number, message: string) {
  return db
    .updateTable('runs')
    .set({ status: 'cancelled', code: 'cancelled', message_json: JSON.stringify(message), finished_at: now })
    .where('status', '=', 'queued')
}
