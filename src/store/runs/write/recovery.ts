import { randomBytes } from 'node:crypto'
import { createId } from '../../../domain/shared/id.ts'
import { recordFailure } from '../../alerts/record.ts'
import type { Database } from '../../database/database.ts'
import type { Db } from '../../database/tables/tables.ts'
import { selectDeadServers } from '../../servers/servers.ts'
import { followFailure } from './follow-failure.ts'
import { insertRun } from './insert.ts'

/** Maximum number of runs per tick, including the first. */
const MAX_ATTEMPTS = 3
const UNTOLD_MS = 60_000
const MAX_IDS = 500
const LOST =
  'The server stopped, or abandoned this run, while it was under way. It may have done part of its work; it can be replayed.'

export type Recovery = {
  readonly serverId: string
  readonly now: number
  readonly isCarried: (runId: string) => boolean
  readonly abandoned: ReadonlySet<string>
}

/**
 * Restarts scheduled runs and returns the lost ids, including runs of this server whose insert was reported as failed.
 */
export async function recoverLostRuns(db: Db, database: Database, recovery: Recovery): Promise<readonly string[]> {
  const { now, serverId, isCarried, abandoned } = recovery
  const found = await db
    .selectFrom('runs')
    .select('id')
    .where('status', '=', 'running')
    .where((where) =>
      where.or([
        selectDeadServers(where, database.engine, serverId),
        where.and([where('server_id', '=', serverId), where('started_at', '<', now - UNTOLD_MS)]),
        ...(abandoned.size === 0 ? [] : [where('id', 'in', [...abandoned].slice(0, MAX_IDS))]),
      ]),
    )
    .$if(database.engine === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute()
  const lost = found.filter(({ id }) => !isCarried(id))
  for (const { id } of lost) await loseRun(db, id, recovery)
  return lost.map(({ id }) => id)
}

export async function loseRun(db: Db, runId: string, recovery: Recovery): Promise<void> {
  const lost = await db
    .updateTable('runs')
    .set({ status: 'lost', code: 'lost', message_json: JSON.stringify(LOST), finished_at: recovery.now })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .returning(['trigger', 'workflow_id', 'keep_settings', 'version_id'])
    .executeTakeFirst()
  if (lost === undefined) return
  const mayAlert = lost.keep_settings === 1 && lost.version_id !== null
  if (mayAlert) await recordFailure(db, lost.workflow_id, { id: runId, code: 'lost', message: LOST }, recovery.now)
  const isStartedAnew = lost.trigger === 'schedule' && (await startAnew(db, runId, recovery))
  if (!isStartedAnew) await followFailure(db, runId, recovery.now)
}

/** The record of a tick names the new run. Returns false if the attempts are used up. */
async function startAnew(db: Db, lostId: string, { now }: Recovery): Promise<boolean> {
  const tick = await db
    .selectFrom('ticks')
    .innerJoin('workflows', 'workflows.id', 'ticks.workflow_id')
    .select(['ticks.workflow_id', 'ticks.due_at', 'ticks.attempts', 'workflows.deployed_version_id'])
    .where('ticks.run_id', '=', lostId)
    .where('ticks.attempts', '<', MAX_ATTEMPTS)
    .where('workflows.enabled', '=', 1)
    .where('workflows.archived', '=', 0)
    .where('workflows.schedule_json', 'is not', null)
    .executeTakeFirst()
  if (tick === undefined || tick.deployed_version_id === null) return false
  const id = createId('run', now, randomBytes(16))
  const run = {
    id,
    workflowId: tick.workflow_id,
    versionId: tick.deployed_version_id,
    source: null,
    trigger: 'schedule',
    request: null,
    replayOf: null,
    keepSettings: true,
    createdAt: now,
    startedAt: null,
  } as const
  await insertRun(db, run)
  await db
    .updateTable('ticks')
    .set({ run_id: id, attempts: tick.attempts + 1 })
    .where('workflow_id', '=', tick.workflow_id)
    .where('due_at', '=', tick.due_at)
    .execute()
  return true
}
