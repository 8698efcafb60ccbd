import type { Rule } from '../../domain/tasks/may-answer.ts'
import type { Question, Task, TaskAnswer } from '../../domain/tasks/task.ts'
import type { TaskRow } from '../database/tables/steps.ts'
import { type Db, toText } from '../database/tables/tables.ts'
import { listDeployers } from '../decisions/deployers.ts'

/** `proposed` and `reason_required` are null without a decision. */
export type Row = TaskRow & {
  readonly workflow_name: string
  readonly editors_json: string | null
  readonly proposed: string | null
  readonly reason_required: number | null
}

export const selectTasks = (db: Db) =>
  db
    .selectFrom('tasks')
    .innerJoin('workflows', 'workflows.id', 'tasks.workflow_id')
    .leftJoin('decision_proposals', 'decision_proposals.task_id', 'tasks.id')
    .selectAll('tasks')
    .select(['workflows.name as workflow_name', 'workflows.editors_json'])
    .select(['decision_proposals.proposed', 'decision_proposals.reason_required'])

const NOBODY: Rule = { asked: [], editors: [], starters: [] }

/** A page needs as many queries as one task. */
export async function rulesOf(db: Db, rows: readonly Row[], now: number): Promise<(row: Row) => Rule> {
  if (rows.length === 0) return () => NOBODY
  const ids = rows.map(({ id }) => id)
  const people = await db.selectFrom('task_people').selectAll().where('task_id', 'in', ids).execute()
  const asked = Map.groupBy(people, ({ task_id }) => task_id)
  const firstIds = rows.map(({ first_id }) => first_id)
  const started = await db.selectFrom('run_starters').selectAll().where('run_id', 'in', firstIds).execute()
  const starters = Map.groupBy(started, ({ run_id }) => run_id)
  const deciding = rows.filter(({ proposed }) => proposed !== null).map(({ workflow_id }) => workflow_id)
  const deployers = await listDeployers(db, [...new Set(deciding)], now)
  return ({ id, first_id, workflow_id, editors_json, proposed }) => ({
    asked: (asked.get(id) ?? []).map(({ who }) => who),
    editors: editors_json === null ? null : JSON.parse(editors_json),
    starters: (starters.get(first_id) ?? []).map(({ person_id, email }) => ({ id: person_id, email })),
    deployers: proposed === null ? [] : (deployers.get(workflow_id) ?? []),
  })
}

/** The texts of a task may have been deleted. */
const FORGOTTEN: Question = {
  title: '***',
  text: null,
  data: null,
  choices: [],
  fields: null,
  to: null,
  remindMs: null,
}

export function toTask(row: Row, now: number): Task {
  const question: Question = row.shown === null ? FORGOTTEN : JSON.parse(toText(row.shown))
  const answer: TaskAnswer | null = row.answer === null ? null : JSON.parse(toText(row.answer))
  return {
    ...question,
    id: row.id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    runId: row.run_id,
    name: JSON.parse(row.name_json),
    status: row.status === 'open' && row.due_at <= now ? 'expired' : row.status,
    answer,
    decision:
      row.proposed === null || row.shown === null
        ? null
        : { proposed: row.proposed, isReasonRequired: row.reason_required === 1 },
    createdAt: row.created_at,
    dueAt: row.due_at,
  }
}
