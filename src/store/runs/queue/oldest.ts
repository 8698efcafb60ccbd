import { type ExpressionBuilder, sql } from 'kysely'
import { type Db, isPostgres, type Tables } from '../../database/tables/tables.ts'
import { runsBy } from '../rows/runs-by.ts'
import { isBehind, isNextToRunning } from './lanes.ts'

/** With a literal, SQLite knows that the index of queued runs covers the query. */
const QUEUED = sql.lit<'queued'>('queued')

type Index = Parameters<typeof runsBy>[1]
type Found = { readonly id: string; readonly workflow_id: string; readonly archived: number }

type Wanted = {
  readonly limit: number
  readonly now: number
  readonly skip: readonly string[]
}

const WINDOW = 1000
const MAX_OTHERS = 30

/**
 * Skipping 200,000 queued runs of full workflows took 0.3 s. Behind the head, an index lists the other workflows first.
 */
export async function findOldest(db: Db, { limit, now, skip }: Wanted): Promise<readonly Found[]> {
  const dueBy = (time: number) =>
    selectEligible(db, 'runs_queued', time)
      .select(['runs.id', 'runs.workflow_id', 'workflows.archived'])
      .$if(skip.length > 0, (query) => query.where('runs.workflow_id', 'not in', skip))
      .orderBy('runs.not_before')
      .orderBy('runs.id')
      .limit(limit)
      .forUpdate('runs')
      .skipLocked()
  if (skip.length === 0) return await dueBy(now).execute()
  const others = await listOthers(db, skip)
  if (others.length === 0) return []
  const end = await findEndOfHead(db, now)
  const near = await dueBy(end ?? now).execute()
  if (near.length > 0 || end === null) return near
  const first = await findFirst(db, now, others)
  return first === null ? [] : await dueBy(now).where('runs.not_before', '>=', first).execute()
}

/** Null: the whole queue fits. */
async function findEndOfHead(db: Db, now: number): Promise<number | null> {
  const last = await db
    .selectFrom(runsBy(db, 'runs_queued'))
    .select('runs.not_before')
    .where('runs.status', '=', QUEUED)
    .where('runs.not_before', '<=', now)
    .orderBy('runs.not_before')
    .limit(1)
    .offset(WINDOW)
    .executeTakeFirst()
  return last?.not_before ?? null
}

async function findFirst(db: Db, now: number, workflowIds: readonly string[]): Promise<number | null> {
  if (workflowIds.length === 0) return null
  const rows = await db
    .selectFrom('workflows as waiting')
    .select(
      selectEligible(db, 'runs_queued_of_workflow', now)
        .select('runs.not_before')
        .where('runs.workflow_id', '=', sql<string>`waiting.id`)
        .orderBy('runs.not_before')
        .orderBy('runs.id')
        .limit(1)
        .as('due_at'),
    )
    .where('waiting.id', 'in', workflowIds)
    .execute()
  const times = rows.flatMap(({ due_at }) => (due_at === null ? [] : [due_at]))
  return times.length === 0 ? null : Math.min(...times)
}

function selectEligible(db: Db, index: Index, now: number) {
  return db
    .selectFrom(runsBy(db, index))
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .where('runs.status', '=', QUEUED)
    .where('runs.not_before', '<=', now)
    .where((given) => given.not(waitsForLastRun(given)))
    .where((given) =>
      given.or([given('runs.lane', 'is', null), given.not(given.or([isBehind(given), isNextToRunning(given)]))]),
    )
}

async function listOthers(db: Db, skip: readonly string[]): Promise<readonly string[]> {
  const runs = isPostgres(db) ? sql`runs` : sql`runs indexed by runs_queued_of_workflow`
  const { rows } = await sql<{ workflow_id: string }>`
    with recursive waiting(workflow_id) as (
      select (select workflow_id from ${runs} where status = 'queued' order by workflow_id limit 1)
      union all
      select (select runs.workflow_id from ${runs}
        where runs.status = 'queued' and runs.workflow_id > waiting.workflow_id order by runs.workflow_id limit 1)
      from waiting where waiting.workflow_id is not null
    )
    select workflow_id from waiting
    where workflow_id is not null and workflow_id not in (${sql.join(skip)}) limit ${sql.lit(MAX_OTHERS)}`.execute(db)
  return rows.map(({ workflow_id }) => workflow_id)
}

function waitsForLastRun({ and, eb, exists, selectFrom }: ExpressionBuilder<Tables, 'runs' | 'workflows'>) {
  return and([
    eb('runs.trigger', '=', 'schedule'),
    // A run that waited continues anyway.
    eb(eb.fn.coalesce('runs.parts', eb.lit(0)), '=', 0),
    eb('workflows.schedule_json', 'like', '%"overlap":"queue"%'),
    exists(
      selectFrom('runs as last')
        .select('last.id')
        .whereRef('last.workflow_id', '=', 'runs.workflow_id')
        .where((last) => last.or([last('last.status', 'in', ['running', 'waiting']), last('last.parts', '>', 0)]))
        .where('last.status', 'in', ['queued', 'running', 'waiting'])
        .where('last.trigger', '<>', 'trial'),
    ),
  ])
}
