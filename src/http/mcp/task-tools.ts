import { Type } from 'typebox'
import { TASK_STATUSES } from '../../domain/tasks/task.ts'
import { optional, page, type Tool, task_id, tool, workflow_id } from './tool.ts'

const TASK_COLUMNS = [
  'id',
  'workflow_id',
  'workflow_name',
  'run_id',
  'name',
  'title',
  'choices',
  'status',
  'may_answer',
  'why_not',
  'created_at',
  'due_at',
]

export const TASK_TOOLS: readonly Tool[] = [
  tool(
    'list_tasks',
    'Lists tasks, newest first: what waiting runs ask people. With all_fields also their text, data and fields.',
    'GET /api/tasks',
    {
      status: optional(Type.Enum([...TASK_STATUSES])),
      mine: optional(Type.Boolean({ description: 'true: only tasks that ask the person who made the key' })),
      workflow_id: optional(workflow_id),
      ...page,
    },
    { columns: TASK_COLUMNS },
  ),
  tool(
    'answer_task',
    'Answers a task for the person who made the key. Ask that person for the decision first: it is theirs, counts once and is recorded with their name. Whoever started the run cannot answer.',
    'POST /api/tasks/{task_id}/answer',
    {
      task_id,
      choice: Type.String(),
      reason: optional(Type.String()),
      fields: optional(Type.Record(Type.String(), Type.Unknown())),
    },
  ),
]
