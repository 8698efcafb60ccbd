import { FAILED_STATUSES, PRODUCTION_TRIGGERS, RUN_STATUSES, TRIGGERS, type Trigger } from '../../../domain/runs/run.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { RunCounts } from '../rows/records.ts'
import { REPORTED } from './list.ts'

/**
 * Groups only failures by workflow: grouping a million runs of 200,000 workflows exceeded the statement timeout.
 * Timed-out, lost and reported failures count as failed.
 */
export async function countRuns(db: Db, since: number, most: number, tests = false): Promise<RunCounts> {
  const failed = await countFailures(db, since, tests ? TRIGGERS : PRODUCTION_TRIGGERS)
  const left = tests ? NO_TESTS : await countTests(db, since)
  const last = [...failed].sort(([, one], [, other]) => other.lastAt - one.lastAt).slice(0, most)
  const totals = await countOf(
    db,
    since,
    last.map(([id]) => id),
  )
  return {
    total: (await countAll(db, since)) - sumOf([...left.values()]),
    failed: sumOf([...failed.values()].map(({ count }) => count)),
    failing: last.map(([workflowId, { count }]) => ({
      workflowId,
      total: (totals.get(workflowId) ?? 0) - (left.get(workflowId) ?? 0),
      failed: count,
    })),
  }
}

const NO_TESTS: ReadonlyMap<string, number> = new Map()
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

async function countAll(db: Db, since: number): Promise<number> {
  const { total } = await db
    .selectFrom('runs')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('created_at', '>=', since)
    .executeTakeFirstOrThrow()
  return Number(total)
}

async function countOf(db: Db, since: number, workflowIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (workflowIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('runs')
    .select(({ fn }) => ['workflow_id', fn.countAll<number>().as('total')])
    .where('workflow_id', 'in', workflowIds)
    .where('created_at', '>=', since)
    .groupBy('workflow_id')
    .execute()
  return new Map(rows.map(({ workflow_id, total }) => [workflow_id, Number(total)]))
}

type Failures = { readonly count: number; readonly lastAt: number }

async function countFailures(
  db: Db,
  since: number,
  triggers: readonly Trigger[],
): Promise<ReadonlyMap<string, Failures>> {
  const failures = db
    .selectFrom('runs')
    .select(({ fn }) => ['workflow_id', fn.countAll<number>().as('count'), fn.max('created_at').as('last_at')])
    .where('trigger', 'in', triggers)
    .where('created_at', '>=', since)
    .groupBy('workflow_id')
  const ended = await failures.where('status', 'in', FAILED_STATUSES).execute()
  const reported = await failures.where(REPORTED).execute()
  const found = new Map<string, Failures>()
  for (const { workflow_id, count, last_at } of [...ended, ...reported]) {
    const known = found.get(workflow_id) ?? { count: 0, lastAt: 0 }
    found.set(workflow_id, { count: known.count + Number(count), lastAt: Math.max(known.lastAt, last_at) })
  }
  return found
}

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
