import type { Question, Task, TaskAnswer } from '../../domain/tasks/task.ts'
import type { TaskRow } from '../database/tables/steps.ts'
import { type Db, toText } from '../database/tables/tables.ts'
import { findProposal, listDeployers } from '../decisions/proposals.ts'
import { editorsOf, listStarters } from '../runs/steps/task-rows.ts'

export type Row = TaskRow & { readonly workflow_name: string }

export const selectTasks = (db: Db) =>
  db
    .selectFrom('tasks')
    .innerJoin('workflows', 'workflows.id', 'tasks.workflow_id')
    .selectAll('tasks')
    .select('workflows.name as workflow_name')

export async function ruleOf(db: Db, { id, first_id, workflow_id }: TaskRow, now: number) {
  const asked = await db.selectFrom('task_people').select('who').where('task_id', '=', id).execute()
  const isDecision = (await findProposal(db, id)) !== undefined
  return {
    asked: asked.map(({ who }) => who),
    editors: await editorsOf(db, workflow_id),
    starters: await listStarters(db, first_id),
    deployers: isDecision ? await listDeployers(db, workflow_id, now) : [],
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
    createdAt: row.created_at,
    dueAt: row.due_at,
  }
}
