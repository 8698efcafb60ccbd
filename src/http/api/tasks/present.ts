import type { FastifyRequest } from 'fastify'
import type { ViewedTask, Viewer } from '../../../store/tasks/tasks.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { rawOrNull, timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { Task } from './schemas.ts'

export const viewerOf = (request: FastifyRequest, now: number): Viewer => ({
  actor: actorOf(request),
  seesAll: may(request, 'admin'),
  now,
})

export function presentTask(task: ViewedTask) {
  const { id, name, title, text, data, choices, fields, to, status, answer, whyNot, decision } = task
  return {
    id,
    workflow_id: task.workflowId,
    workflow_name: task.workflowName,
    run_id: task.runId,
    name,
    title,
    text,
    data: rawOrNull(data),
    choices: [...choices],
    fields,
    to: to === null ? null : [...to],
    status,
    answer: answer && { ...answer, at: timeText(answer.at) },
    decision: decision && { proposed: decision.proposed, reason_required: decision.isReasonRequired },
    may_answer: whyNot === null,
    why_not: whyNot,
    created_at: timeText(task.createdAt),
    due_at: timeText(task.dueAt),
  } satisfies Shown<typeof Task>
}
