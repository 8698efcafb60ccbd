import type { Question, Task, TaskAnswer } from '../../domain/tasks/task.ts'
import type { TaskRow } from '../database/tables/steps.ts'
import { type Db, toText } from '../database/tables/tables.ts'
import { listDeployers } from '../decisions/proposals.ts'
import { editorsOf, listStarters } from '../runs/steps/task-rows.ts'

/** `proposed` and `reason_required` are null without a decision. */
export type Row = TaskRow & {
  readonly workflow_name: string
  readonly proposed: string | null
  readonly reason_required: number | null
}

export const selectTasks = (db: Db) =>
  db
    .selectFrom('tasks')
    .innerJoin('workflows', 'workflows.id', 'tasks.workflow_id')
    .leftJoin('decision_proposals', 'decision_proposals.task_id', 'tasks.id')
    .selectAll('tasks')
    .select(['workflows.name as workflow_name', 'decision_proposals.proposed', 'decision_proposals.reason_required'])

export async function ruleOf(db: Db, { id, first_id, workflow_id, proposed }: Row, now: number) {
  const asked = await db.selectFrom('task_people').select('who').where('task_id', '=', id).execute()
  return {
    asked: asked.map(({ who }) => who),
    editors: await editorsOf(db, workflow_id),
    starters: await listStarters(db, first_id),
    deployers: proposed !== null ? await listDeployers(db, workflow_id, now) : [],
  }
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
