import { sql } from 'kysely'
import type { Run } from '../../../domain/runs/run.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { Peers } from '../../servers/peers.ts'
import { selectWhole } from '../read/list.ts'
import type { ClaimedRun } from '../rows/records.ts'
import { toWholeRun } from '../rows/rows.ts'
import { findOldest } from './oldest.ts'
import { TAKEN_SLOTS } from './slots.ts'

export type Claim = {
  readonly limit: number
  readonly now: number
  readonly skipWorkflows: readonly string[]
  readonly serverId: string
  readonly peers: Peers
}

/** Cancels runs of archived workflows. */
export async function claimRuns(db: Db, claim: Claim): Promise<readonly Run[]> {
  const taken = await takeOldest(db, claim)
  if (taken.length === 0) return []
  await db
    .updateTable('runs')
    .set(({ eb, ref }) => ({
      status: 'running',
      started_at: eb.fn.coalesce('started_at', eb.val(claim.now)),
      server_id: claim.serverId,
      not_before: eb.case().when('attended', '=', 1).then(null).else(ref('not_before')).end(),
      parts: eb('parts', '+', 1),
      turned_at: eb.case().when('parts', 'is', null).then(null).else(claim.now).end(),
    }))
    .where('id', 'in', taken)
    .execute()
  const rows = await selectWhole(db)
    .where('runs.id', 'in', taken)
    .orderBy('runs.created_at')
    .orderBy('runs.id')
    .execute()
  return rows.map((row) => toWholeRun(row, []))
}

/** Leaves the run alone if another server, or a later claim, has it. */
export async function requeueRun(db: Db, { id, startedAt, durable }: ClaimedRun, serverId: string): Promise<void> {
  await db
    .updateTable('runs')
    .set(({ eb, fn, ref }) => ({
      status: 'queued',
      // The claim of a run with a caller removed it.
      not_before: fn.coalesce('not_before', ref('created_at')),
      started_at: eb.case().when('parts', '>', 1).then(eb.ref('started_at')).else(null).end(),
      server_id: null,
      parts: eb('parts', '-', 1),
    }))
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('server_id', '=', serverId)
    .where('started_at', '=', startedAt)
    .where('parts', durable === null ? 'is' : '=', durable?.parts ?? null)
    .execute()
}

export async function countQueued(db: Db, workflowId: string, limit: number): Promise<number> {
  const some = db
    .selectFrom('runs')
    .select('id')
    .where('workflow_id', '=', workflowId)
    .where('status', '=', 'queued')
    .limit(limit)
  const { count } = await db
    .selectFrom(some.as('some'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Searches again if all found runs are of archived or full workflows. */
async function takeOldest(db: Db, claim: Claim): Promise<readonly string[]> {
  const isShared = await claim.peers.exist(db)
  const skip = new Set(claim.skipWorkflows)
  for (;;) {
    const oldest = await findOldest(db, { ...claim, skip: [...skip] })
    const dropped = oldest.filter(({ archived }) => archived === 1).map(({ id }) => id)
    if (dropped.length > 0)
      await endQueued(db, claim.now, 'Its workflow was archived before it started.')
        .where('id', 'in', dropped)
        .execute()
    const waiting = oldest.filter(({ archived }) => archived === 0)
    const taken: string[] = []
    for (const { id, workflow_id } of waiting) {
      if (!isShared || (!skip.has(workflow_id) && (await trySharedSlot(db, workflow_id)))) taken.push(id)
      // A claimed run counts only after its update, so each workflow gets one run at a time.
      if (isShared) skip.add(workflow_id)
    }
    if (taken.length > 0 || oldest.length === 0) return taken
  }
}

async function trySharedSlot(db: Db, workflowId: string): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${workflowId}, 4400)) as locked`.execute(db)
  if (rows[0]?.locked !== true) return false
  const full = db.selectFrom('workflows').select('id').where('id', '=', workflowId)
  return (await full.where('max_concurrency', '<=', sql.raw<number>(TAKEN_SLOTS)).executeTakeFirst()) === undefined
}

export async function cancelWaitingAttempts(db: Db, workflowId: string, now: number): Promise<void> {
  await endQueued(db, now, 'Its workflow was disabled before this attempt started.')
    .where('workflow_id', '=', workflowId)
    .where('trigger', '=', 'schedule')
    .where('attempt', '>', 1)
    .execute()
}

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
