import { MAX_IDLE_PARTS } from '../../../domain/runs/steps.ts'
import { newId } from '../../../random.ts'
import { recordFailure } from '../../alerts/record.ts'
import type { Db } from '../../database/tables/tables.ts'
import { selectDeadServers } from '../../servers/servers.ts'
import { endTasksOf } from '../steps/rows.ts'
import { followFailure } from './follow-failure.ts'
import { insertRun } from './insert.ts'

/** Runs per tick, including the first. */
const MAX_ATTEMPTS = 3
const UNTOLD_MS = 60_000
const MAX_IDS = 500
const LOST =
  'The server stopped, or abandoned this run, while it was under way. It may have done part of its work; it can be replayed.'

const IDLE = `The run began ${MAX_IDLE_PARTS} times without storing anything new, because its server stopped each time.`

export type Recovery = {
  readonly serverId: string
  readonly now: number
  readonly isCarried: (runId: string) => boolean
  readonly abandoned: ReadonlySet<string>
}

/**
 * Queues durable runs again, restarts scheduled runs, and returns the lost ids. Includes runs of this server whose
 * insert was reported as failed.
 */
export async function recoverLostRuns(db: Db, recovery: Recovery): Promise<readonly string[]> {
  const { now, serverId, isCarried, abandoned } = recovery
  const found = await db
    .selectFrom('runs')
    .select('id')
    .where('status', '=', 'running')
    .where((where) =>
      where.or([
        selectDeadServers(db, where, serverId),
        where.and([
          where('server_id', '=', serverId),
          where(where.fn.coalesce('turned_at', 'started_at'), '<', now - UNTOLD_MS),
        ]),
        ...(abandoned.size === 0
          ? []
          : [where.and([where('server_id', '=', serverId), where('id', 'in', [...abandoned].slice(0, MAX_IDS))])]),
      ]),
    )
    .forUpdate()
    .skipLocked()
    .execute()
  const lost = found.filter(({ id }) => !isCarried(id))
  const ended: string[] = []
  for (const { id } of lost) if (!(await loseRun(db, id, recovery))) ended.push(id)
  return ended
}

/** Another server may have taken over the run of a server whose lease had ended. */
export async function loseOwnRun(db: Db, runId: string, recovery: Recovery): Promise<void> {
  const own = await db
    .selectFrom('runs')
    .select('id')
    .where('id', '=', runId)
    .where('server_id', '=', recovery.serverId)
    .forUpdate()
    .executeTakeFirst()
  if (own !== undefined) await loseRun(db, runId, recovery)
}

/** Restarts a scheduled run, may retry a background run. Returns true if the run continues from its steps. */
async function loseRun(db: Db, runId: string, recovery: Recovery): Promise<boolean> {
  const next = await requeueDurable(db, runId, recovery.now)
  if (next === 'queued') return true
  const message = next === 'idle' ? IDLE : LOST
  const lost = await db
    .updateTable('runs')
    .set({ status: 'lost', code: 'lost', message_json: JSON.stringify(message), finished_at: recovery.now })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .returning(['trigger', 'workflow_id', 'keep_settings', 'version_id'])
    .executeTakeFirst()
  if (lost === undefined) return false
  if (next === 'idle') await endTasksOf(db, runId)
  const mayAlert = lost.keep_settings === 1 && lost.version_id !== null
  if (mayAlert) await recordFailure(db, lost.workflow_id, { id: runId, code: 'lost', message }, recovery.now)
  const isStartedAnew = lost.trigger === 'schedule' && (await startAnew(db, runId, recovery))
  if (!isStartedAnew) await followFailure(db, runId, recovery.now)
  return false
}

/** Null: not durable. `idle`: its last parts stored nothing new. */
async function requeueDurable(db: Db, runId: string, now: number): Promise<'queued' | 'idle' | null> {
  const run = await db
    .selectFrom('runs')
    .select(['id', 'retry_of', 'attempt', 'parts', 'logged_parts', 'not_before'])
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .where('parts', 'is not', null)
    // A second part shows that a test has real waits.
    .where(({ eb, or }) => or([eb('trigger', 'not in', ['test', 'trial']), eb('parts', '>', 1)]))
    .executeTakeFirst()
  if (run === undefined || run.parts === null) return null
  const { last } = await db
    .selectFrom('run_steps')
    .select(({ fn }) => fn.max('part').as('last'))
    .where('run_id', '=', run.retry_of ?? run.id)
    .where('attempt', '=', run.attempt)
    .executeTakeFirstOrThrow()
  // A part that reached a wait stored its log.
  if (run.parts - Math.max(last ?? 0, run.logged_parts ?? 0) >= MAX_IDLE_PARTS) return 'idle'
  await db
    .updateTable('runs')
    // Its caller is gone: from here on it is a background run.
    .set({ status: 'queued', server_id: null, attended: 0, not_before: run.not_before ?? now, turned_at: now })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .execute()
  return 'queued'
}

/** The tick records the new run. Returns false after the last attempt. */
async function startAnew(db: Db, lostId: string, { now }: Recovery): Promise<boolean> {
  const tick = await db
    .selectFrom('ticks')
    .innerJoin('workflows', 'workflows.id', 'ticks.workflow_id')
    .leftJoin('versions', 'versions.id', 'workflows.deployed_version_id')
    .select([
      'ticks.workflow_id',
      'ticks.due_at',
      'ticks.attempts',
      'workflows.deployed_version_id',
      'versions.durable',
    ])
    .where('ticks.run_id', '=', lostId)
    .where('ticks.attempts', '<', MAX_ATTEMPTS)
    .where('workflows.enabled', '=', 1)
    .where('workflows.archived', '=', 0)
    .where('workflows.schedule_json', 'is not', null)
    .executeTakeFirst()
  if (tick === undefined || tick.deployed_version_id === null) return false
  const id = newId('run', now)
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
    durable: tick.durable === 1,
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
