import { sql } from 'kysely'
import { FAILED_STATUSES } from '../../domain/runs/run.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import { REPORTED } from '../database/tables/runs.ts'
import type { Db } from '../database/tables/tables.ts'

/** For calendars: 50,000 ticks took 15 ms. */
const MAX_COUNTED = 50_000

export async function listTicks(db: Db, workflowId: string, page: PageQuery): Promise<Page<Tick>> {
  return await readNewest(
    db.selectFrom('ticks').selectAll().where('workflow_id', '=', workflowId),
    page,
    { due_at: 'number' },
    (row) => [row.due_at],
    (row) => ({
      dueAt: row.due_at,
      outcome: row.outcome,
      reason: row.reason,
      runId: row.run_id,
    }),
  )
}

export async function listNextTicks(db: Db, limit: number): Promise<readonly NextTick[]> {
  const rows = await db
    .selectFrom('schedules')
    .innerJoin('workflows', 'workflows.id', 'schedules.workflow_id')
    .select(['schedules.workflow_id', 'schedules.next_at', 'workflows.name'])
    .where('schedules.next_at', 'is not', null)
    .orderBy('schedules.next_at')
    .orderBy('schedules.workflow_id')
    .limit(limit)
    .execute()
  return rows.flatMap(({ workflow_id, next_at, name }) =>
    next_at === null ? [] : [{ workflowId: workflow_id, workflowName: name, dueAt: next_at }],
  )
}

export async function countTicks(db: Db, workflowId: string, starts: readonly number[]): Promise<readonly TickDay[]> {
  const oldest = await oldestCounted(db, workflowId)
  const kept = starts.filter((start, index) => start >= oldest || index === starts.length - 1)
  if (kept.length === 0) return []
  const days = sql.join(
    kept.map((start, index) => sql`select ${bigint(start)} as starts, ${bigint(kept[index + 1] ?? LAST)} as ends`),
    sql` union all `,
  )
  const ticks = await sql<{ starts: number; outcome: 'ran' | 'skipped' | 'missed'; count: number }>`
    select day.starts, outcome, count(*) as count from (${days}) as day
    join ticks on workflow_id = ${workflowId} and due_at >= day.starts and due_at < day.ends
    group by day.starts, outcome`.execute(db)
  const scheduled = sql`workflow_id = ${workflowId} and trigger = 'schedule' and created_at >= day.starts and created_at < day.ends`
  const failures = await sql<{ starts: number; failed: number }>`
    select day.starts,
      (select count(*) from runs where ${scheduled} and status in (${sql.join(FAILED_STATUSES)}))
      + (select count(*) from runs where ${scheduled} and ${REPORTED}) as failed
    from (${days}) as day`.execute(db)
  const failed = new Map(failures.rows.map((row) => [row.starts, row.failed]))
  return kept.map((startsAt) => {
    const counts = { ran: 0, skipped: 0, missed: 0 }
    for (const row of ticks.rows) if (row.starts === startsAt) counts[row.outcome] = row.count
    return { startsAt, ...counts, failed: failed.get(startsAt) ?? 0 }
  })
}

const LAST = Number.MAX_SAFE_INTEGER
const bigint = (value: number) => sql<number>`cast(${value} as bigint)`

async function oldestCounted(db: Db, workflowId: string): Promise<number> {
  const row = await db
    .selectFrom('ticks')
    .select('due_at')
    .where('workflow_id', '=', workflowId)
    .orderBy('due_at', 'desc')
    .limit(1)
    .offset(MAX_COUNTED)
    .executeTakeFirst()
  return row?.due_at ?? 0
}

type TickOutcome = 'ran' | 'skipped' | 'missed'

export type Tick = {
  readonly dueAt: number
  readonly outcome: TickOutcome
  readonly reason: string | null
  readonly runId: string | null
}

export type NextTick = { readonly workflowId: string; readonly workflowName: string; readonly dueAt: number }

export type TickDay = {
  readonly startsAt: number
  readonly ran: number
  readonly skipped: number
  readonly missed: number
  readonly failed: number
}
