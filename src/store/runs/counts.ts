/** Counts of runs for each workflow over a time, for the lists. */

import { FAILED_STATUSES, PRODUCTION_TRIGGERS, RUN_STATUSES, TRIGGERS } from '../../domain/run.ts'
import type { Db } from '../database/tables.ts'
import { REPORTED } from './list.ts'
import type { RunStore } from './records.ts'

/** With more workflows than this, the runs of the time are counted instead of each workflow's: 200,000 took longer than 5 s. */
const MANY_WORKFLOWS = 2000

/** Per workflow since a time; a run that timed out, was lost or reported a failure counts as failed. */
export async function countRuns(
  db: Db,
  since: number,
  tests = false,
  many = MANY_WORKFLOWS,
): ReturnType<RunStore['countRuns']> {
  const triggers = tests ? TRIGGERS : PRODUCTION_TRIGGERS
  const some = await db
    .selectFrom('workflows')
    .select('id')
    .limit(many + 1)
    .execute()
  const totals = await (some.length > many ? countAll(db, since) : countEach(db, since))
  const failures = await db
    .selectFrom('runs')
    .select(({ fn }) => ['workflow_id', fn.countAll<number>().as('failed')])
    .where('status', 'in', FAILED_STATUSES)
    // With both columns named, the index of states leads straight to the times.
    .where('trigger', 'in', triggers)
    .where('created_at', '>=', since)
    .groupBy('workflow_id')
    .execute()
  const reported = await db
    .selectFrom('runs')
    .select(({ fn }) => ['workflow_id', fn.countAll<number>().as('failed')])
    .where(REPORTED)
    .where('trigger', 'in', triggers)
    .where('created_at', '>=', since)
    .groupBy('workflow_id')
    .execute()
  const left = tests ? NO_TESTS : await countTests(db, since)
  const failed = new Map<string, number>()
  for (const row of [...failures, ...reported]) {
    failed.set(row.workflow_id, (failed.get(row.workflow_id) ?? 0) + row.failed)
  }
  const counts = totals.map(({ id, total, last_at }) => ({ id, total: total - (left.get(id) ?? 0), last_at }))
  const active = counts.filter(({ total }) => total > 0)
  return new Map(active.map(({ id, total, last_at }) => [id, { total, failed: failed.get(id) ?? 0, lastAt: last_at }]))
}

const NO_TESTS: ReadonlyMap<string, number> = new Map()

/** Test runs since a time, by workflow. They are few, and the index of states leads to them. */
async function countTests(db: Db, since: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('runs')
    .select(({ fn }) => ['workflow_id', fn.countAll<number>().as('total')])
    .where('status', 'in', RUN_STATUSES)
    .where('trigger', 'in', ['test', 'trial'])
    .where('created_at', '>=', since)
    .groupBy('workflow_id')
    .execute()
  return new Map(rows.map(({ workflow_id, total }) => [workflow_id, Number(total)]))
}

type Total = { readonly id: string; readonly total: number; readonly last_at: number | null }

/** On an index alone: grouping the runs themselves took 58 ms for a day of 86,000. */
async function countEach(db: Db, since: number): Promise<readonly Total[]> {
  const rows = await db
    .selectFrom('workflows')
    .select([
      'workflows.id',
      ({ selectFrom, fn }) =>
        selectFrom('runs')
          .select(fn.countAll<number>().as('total'))
          .where('created_at', '>=', since)
          .whereRef('workflow_id', '=', 'workflows.id')
          .as('total'),
    ])
    .select(({ selectFrom, fn }) =>
      selectFrom('runs')
        .select(fn.max('created_at').as('last'))
        .where('created_at', '>=', since)
        .whereRef('workflow_id', '=', 'workflows.id')
        .as('last_at'),
    )
    .execute()
  return rows.map(({ id, total, last_at }) => ({ id, total: total ?? 0, last_at }))
}

/** Reads the runs of the time, however many workflows there are. */
async function countAll(db: Db, since: number): Promise<readonly Total[]> {
  return await db
    .selectFrom('runs')
    .select(({ fn }) => ['workflow_id as id', fn.countAll<number>().as('total'), fn.max('created_at').as('last_at')])
    .where('created_at', '>=', since)
    .groupBy('workflow_id')
    .execute()
}
