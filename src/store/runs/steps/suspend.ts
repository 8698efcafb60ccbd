/** Ends a part of a durable run that waits, and continues the run when its wait is over. */

import { sql } from 'kysely'
import type { LogLine } from '../../../domain/runs/run.ts'
import type { WaitingFor } from '../../../domain/runs/steps.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import type { Database } from '../../database/database.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { packText, type Stored, unpackText } from '../rows/payloads.ts'
import { logsJson, parseLogs } from '../rows/rows.ts'
import type { Suspension } from '../rows/step-records.ts'
import { insertStep } from './commit.ts'
import { keyOf, ownsPart, sealStep } from './rows.ts'

/** Returns the stored log of earlier parts with these lines. Only the owner of the part writes it. */
export async function appendLog(
  database: Pick<Database, 'read'>,
  runId: string,
  lines: readonly LogLine[],
): Promise<Stored<string>> {
  const row = await database.read((db) =>
    db.selectFrom('run_results').select(['logs_json', 'logs_packed']).where('run_id', '=', runId).executeTakeFirst(),
  )
  const json = row === undefined ? null : unpackText({ plain: row.logs_json, packed: row.logs_packed })
  return await packText(logsJson(withinLimit([...(json === null ? [] : parseLogs(json)), ...lines])))
}

/** All parts of a run share the limit of a log. */
function withinLimit(lines: readonly LogLine[]): readonly LogLine[] {
  let bytes = 0
  const end = lines.findIndex(({ text }) => {
    bytes += Buffer.byteLength(text) + 1
    return bytes > LIMITS.logBytes
  })
  return end === -1 ? lines : lines.slice(0, end)
}

export async function suspendRun(
  db: Db,
  keyring: Keyring,
  serverId: string,
  { part, waits, at }: Suspension,
  logs: Stored<string>,
): Promise<boolean> {
  if (!(await ownsPart(db, serverId, part))) return false
  for (const wait of waits) {
    const data = sealStep(keyring, part, wait, wait.json)
    const { attempts, until } = wait
    const values = { status: 'waiting', data, shown: null, attempts, started_at: at, finished_at: null, until } as const
    await insertStep(db, part, wait, values)
  }
  await db.deleteFrom('run_results').where('run_id', '=', part.runId).execute()
  await db
    .insertInto('run_results')
    .values({
      run_id: part.runId,
      result_json: null,
      result_packed: null,
      logs_json: logs.plain,
      logs_packed: logs.packed,
    })
    .execute()
  const waiting = waits.map(({ kind, name, until }): WaitingFor => ({ kind, name, since: at, until }))
  await db
    .updateTable('runs')
    .set({
      status: 'waiting',
      server_id: null,
      // From here on it is a background run.
      attended: 0,
      not_before: Math.min(...waits.map(({ until }) => until)),
      logged_parts: part.part,
      turned_at: at,
      waiting_json: JSON.stringify(await keepSince(db, part.firstId, waiting)),
    })
    .where('id', '=', part.runId)
    .execute()
  return true
}

/** A wait that an earlier part began keeps its start and its end. */
async function keepSince(db: Db, firstId: string, waiting: readonly WaitingFor[]): Promise<readonly WaitingFor[]> {
  const rows = await db
    .selectFrom('run_steps')
    .select(['kind', 'name_json', 'started_at'])
    .where('run_id', '=', firstId)
    .where('status', '=', 'waiting')
    .execute()
  return waiting.map((wait) => {
    const { kind, name_json } = keyOf({ ...wait, number: 1 })
    const found = rows.find((row) => row.kind === kind && row.name_json === name_json)
    return { ...wait, since: found?.started_at ?? wait.since }
  })
}

/** Queues runs whose wait is over. Those of disabled workflows stay. */
export async function wakeDue(
  db: Db,
  { engine }: Pick<Database, 'engine'>,
  now: number,
  limit: number,
): Promise<readonly number[]> {
  const due = await db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.id', 'runs.not_before'])
    .where('runs.status', '=', sql.lit<'waiting'>('waiting'))
    .where('runs.not_before', '<=', now)
    .where('workflows.enabled', '=', 1)
    .orderBy('runs.not_before')
    .orderBy('runs.id')
    .limit(limit)
    .$if(engine === 'postgres', (query) => query.forUpdate('runs').skipLocked())
    .execute()
  for (const { id } of due) await wake(db, id, now)
  return due.map(({ not_before }) => now - (not_before ?? now))
}

export async function wakeRun(db: Db, runId: string, name: string | null, now: number): Promise<boolean> {
  const run = await db
    .selectFrom('runs')
    .select(['id', 'retry_of'])
    .where('id', '=', runId)
    .where('status', '=', 'waiting')
    // Null: it is held.
    .where('not_before', 'is not', null)
    .executeTakeFirst()
  if (run === undefined) return false
  const { numUpdatedRows } = await db
    .updateTable('run_steps')
    .set({ until: now })
    .where('run_id', '=', run.retry_of ?? run.id)
    .where('status', '=', 'waiting')
    .where('kind', 'in', ['sleep', 'retry'])
    .$if(name !== null, (query) => query.where('name_json', '=', JSON.stringify(name)))
    .executeTakeFirst()
  return numUpdatedRows > 0n && (await wake(db, runId, now))
}

/** Marks the waits that are over and queues the run, in its old position of its lane. */
async function wake(db: Db, runId: string, now: number): Promise<boolean> {
  const run = await db
    .updateTable('runs')
    .set(({ eb, fn }) => ({
      status: 'queued',
      not_before: now,
      waiting_json: null,
      waited_ms: eb(fn.coalesce('waited_ms', eb.lit(0)), '+', eb(eb.val(now), '-', eb.ref('turned_at'))),
      turned_at: now,
    }))
    .where('id', '=', runId)
    .where('status', '=', 'waiting')
    .returning(['id', 'retry_of', 'workflow_id', 'lane'])
    .executeTakeFirst()
  if (run === undefined) return false
  await db
    .updateTable('run_steps')
    .set({ status: 'done', finished_at: now })
    .where('run_id', '=', run.retry_of ?? run.id)
    .where('status', '=', 'waiting')
    .where('kind', 'in', ['sleep', 'retry'])
    .where('until', '<=', now)
    .execute()
  if (run.lane !== null) await returnToLane(db, run.id, run.workflow_id, run.lane)
  return true
}

/** The lane may have emptied and begun again meanwhile, so the run moves ahead of all others. */
async function returnToLane(db: Db, runId: string, workflowId: string, lane: string): Promise<void> {
  const { first } = await db
    .selectFrom('runs')
    .select(({ fn }) => fn.min('lane_position').as('first'))
    .where('workflow_id', '=', workflowId)
    .where('lane', '=', lane)
    .where('id', '<>', runId)
    .where(sql<boolean>`lane is not null and status in ('queued', 'running')`)
    .executeTakeFirstOrThrow()
  if (first === null) return
  await db
    .updateTable('runs')
    .set(({ eb }) => ({
      lane_position: eb
        .case()
        .when('lane_position', '<', first)
        .then(eb.ref('lane_position'))
        .else(first - 1)
        .end(),
    }))
    .where('id', '=', runId)
    .execute()
}
