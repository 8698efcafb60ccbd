import { Type } from 'typebox'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { TASK_LIMITS, TASK_STATUSES } from '../../../domain/tasks/task.ts'
import { anyJson, cursor, jsonText, limit, pageOf } from '../common/schemas.ts'

export const TaskQuery = strict({
  limit: limit(200, 50),
  cursor,
  status: Type.Optional(Type.Enum([...TASK_STATUSES])),
  mine: Type.Optional(Type.Boolean({ description: 'true: only tasks that ask you' })),
  workflow_id: Type.Optional(text(100)),
})

const fieldValues = Type.Record(Type.String(), Type.Unknown())

export const Task = Type.Object({
  id: Type.String(),
  workflow_id: Type.String(),
  workflow_name: Type.String(),
  run_id: Type.String(),
  name: Type.String({ description: 'The name that the function gave to its question' }),
  title: Type.String(),
  text: nullable(Type.String()),
  data: jsonText('What the question is about; secrets are ***'),
  choices: Type.Array(Type.String()),
  fields: nullable(anyJson('A JSON Schema of flat texts, numbers, booleans and enums, which an answer fills in')),
  to: nullable(
    Type.Array(Type.String(), {
      description: 'E-mail addresses, `owners`, `editors`. null: owners, and people who may change the workflow',
    }),
  ),
  status: Type.Enum([...TASK_STATUSES]),
  answer: nullable(
    Type.Object({
      choice: Type.String(),
      by: Type.Object({ id: Type.String(), name: Type.String(), email: Type.String() }),
      reason: nullable(Type.String()),
      fields: nullable(fieldValues),
      at: time(),
    }),
  ),
  decision: nullable(
    Type.Object(
      {
        proposed: Type.String({ description: 'The outcome that the function proposed' }),
        reason_required: Type.Boolean({ description: 'Whether an answer needs a reason' }),
      },
      { description: 'Set if the answer takes a decision about a person' },
    ),
  ),
  may_answer: Type.Boolean({ description: 'Whether you may answer it now' }),
  why_not: nullable(Type.String({ description: 'Why you may not answer it' })),
  created_at: time(),
  due_at: time(),
})

export const TaskPage = pageOf(Task)

export const TaskAnswer = strict({
  choice: text(TASK_LIMITS.choiceLength),
  reason: Type.Optional(nullable(Type.String({ maxLength: TASK_LIMITS.reasonLength }))),
  fields: Type.Optional(nullable(fieldValues)),
})
