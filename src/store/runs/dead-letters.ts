/** Background runs whose last attempt failed, grouped by error. */

import type { Run, RunCode } from '../../domain/runs/run.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import { UserError } from '../../errors.ts'
import { newId } from '../../random.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import type { Db } from '../database/tables/tables.ts'
import { toListedRun } from './rows/rows.ts'
import { addStarter } from './steps/starters.ts'
import { continueRun } from './write/continue.ts'
import { copyRequest } from './write/follow-failure.ts'
import { insertRun } from './write/insert.ts'

export type DeadGroup = {
  readonly id: string
  readonly workflowId: string
  readonly workflowName: string
  readonly code: RunCode | null
  readonly message: string | null
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  readonly lastRunId: string
}

export type DeadLetters = {
  listDeadGroups(
    filter: { readonly workflowId?: string; readonly groupId?: string },
    page: PageQuery,
  ): Promise<Page<DeadGroup>>
  listDeadRuns(groupId: string, page: PageQuery): Promise<Page<Run>>
  isDead(groupId: string, runId: string): Promise<boolean>
  oldestDeadRuns(groupId: string, limit: number): Promise<readonly string[]>
  /** Null: no longer a dead letter. */
  replayDeadRun(runId: string, now: number, by: Actor): Promise<string | null>
  dismissDeadRuns(groupId: string, runId: string | null): Promise<number>
  sweepDeadLetters(now: number): Promise<number>
}

const DEAD_LETTER_KEPT_MS = 30 * 24 * 3600 * 1000
const SWEEP_BATCH = 1000

export function createDeadLetters(database: Database): DeadLetters {
  return {
    listDeadGroups: (filter, page) => database.read((db) => listDeadGroups(db, filter, page)),
    listDeadRuns: (groupId, page) => database.read((db) => listDeadRuns(db, groupId, page)),
    isDead: (groupId, runId) =>
      database.read(
        async (db) => (await selectGroup(db, groupId).where('run_id', '=', runId).executeTakeFirst()) !== undefined,
      ),
    oldestDeadRuns: (groupId, limit) =>
      database.read(async (db) => {
        const rows = await selectGroup(db, groupId).orderBy('failed_at').orderBy('run_id').limit(limit).execute()
        return rows.map(({ run_id }) => run_id)
      }),
    replayDeadRun: (runId, now, by) => database.write((db) => replayDeadRun(db, runId, now, by)),
    dismissDeadRuns: (groupId, runId) =>
      database.write(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom('dead_letters')
          .where('group_id', '=', groupId)
          .$if(runId !== null, (query) => query.where('run_id', '=', runId))
          .executeTakeFirst()
        return Number(numDeletedRows)
      }),
    sweepDeadLetters: (now) => database.write((db) => sweepDeadLetters(db, now)),
  }
}

const selectGroup = (db: Db, groupId: string) =>
  db.selectFrom('dead_letters').select('run_id').where('group_id', '=', groupId)

async function listDeadGroups(
  db: Db,
  { workflowId, groupId }: { readonly workflowId?: string; readonly groupId?: string },
  page: PageQuery,
): Promise<Page<DeadGroup>> {
  const groups = db
    .selectFrom('dead_letters')
    .select(({ fn }) => [
      'group_id',
      fn.countAll<number>().as('count'),
      fn.min('failed_at').as('first_at'),
      fn.max('failed_at').as('last_at'),
      fn.max('run_id').as('last_run_id'),
    ])
    .$if(workflowId !== undefined, (query) => query.where('workflow_id', '=', workflowId ?? ''))
    .$if(groupId !== undefined, (query) => query.where('group_id', '=', groupId ?? ''))
    .groupBy('group_id')
  const dead = db
    .selectFrom(groups.as('groups'))
    .innerJoin('runs', 'runs.id', 'groups.last_run_id')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .selectAll('groups')
    .select(['runs.workflow_id', 'runs.code', 'runs.message_json', 'workflows.name'])
  return await readNewest(
    dead,
    page,
    { last_at: 'number', group_id: 'string' },
    (row) => [row.last_at, row.group_id],
    (row) => ({
      id: row.group_id,
      workflowId: row.workflow_id,
      workflowName: row.name,
      code: row.code,
      message: row.message_json === null ? null : String(JSON.parse(row.message_json)),
      count: row.count,
      firstAt: row.first_at,
      lastAt: row.last_at,
      lastRunId: row.last_run_id,
    }),
  )
}

async function listDeadRuns(db: Db, groupId: string, page: PageQuery): Promise<Page<Run>> {
  const runs = db
    .selectFrom('dead_letters')
    .innerJoin('runs', 'runs.id', 'dead_letters.run_id')
    .leftJoin('versions', 'versions.id', 'runs.version_id')
    .selectAll('runs')
    .select(['versions.number as version', 'dead_letters.failed_at'])
    .where('group_id', '=', groupId)
  return await readNewest(
    runs,
    page,
    { failed_at: 'number', run_id: 'string' },
    (row) => [row.failed_at, row.id],
    toListedRun,
  )
}

/** One transaction, so a simultaneous second replay fails. */
async function replayDeadRun(db: Db, runId: string, now: number, by: Actor): Promise<string | null> {
  const { numDeletedRows } = await db.deleteFrom('dead_letters').where('run_id', '=', runId).executeTakeFirst()
  if (numDeletedRows === 0n) return null
  const run = await db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .leftJoin('versions', 'versions.id', 'workflows.deployed_version_id')
    .selectAll('runs')
    .select(['workflows.deployed_version_id', 'workflows.archived', 'versions.durable'])
    .where('runs.id', '=', runId)
    .executeTakeFirst()
  if (run === undefined) return null
  if (run.archived === 1) throw new UserError('archived', 'The workflow is archived: bring it back first.')
  if (run.parts !== null) return await continueRun(db, { runId, versionId: run.deployed_version_id, now, by })
  const id = newId('run', now)
  // The failed version was not durable. The deployed one may be.
  const isDurable = run.durable === 1
  await insertRun(db, {
    id,
    workflowId: run.workflow_id,
    versionId: run.deployed_version_id ?? run.version_id,
    source: null,
    trigger: 'replay',
    request: null,
    replayOf: runId,
    keepSettings: run.keep_settings === 1,
    lane: run.lane,
    createdAt: now,
    startedAt: null,
    durable: isDurable,
  })
  await copyRequest(db, runId, id, { withSource: run.deployed_version_id === null })
  if (isDurable) await addStarter(db, id, by)
  return id
}

async function sweepDeadLetters(db: Db, now: number): Promise<number> {
  const old = db
    .selectFrom('dead_letters')
    .select('run_id')
    .where('failed_at', '<=', now - DEAD_LETTER_KEPT_MS)
    .limit(SWEEP_BATCH)
    .forUpdate()
    .skipLocked()
  const { numDeletedRows } = await db.deleteFrom('dead_letters').where('run_id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
}
