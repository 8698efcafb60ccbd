import type { Actor } from '../../domain/shared/actor.ts'
import { whyMayNotAnswer } from '../../domain/tasks/may-answer.ts'
import type { Task, TaskAnswer } from '../../domain/tasks/task.ts'
import { UserError } from '../../errors.ts'
import { type Db, toBytes, toText } from '../database/tables/tables.ts'
import { assertReason, decideProposal, findProposal } from '../decisions/proposals.ts'
import { keyOf, lockLastAttempt, sealStep } from '../runs/steps/rows.ts'
import { wakeForEvent } from '../runs/steps/wake.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { findAsker } from './asker.ts'
import { rulesOf, selectTasks, toTask } from './rows.ts'

type Given = Pick<TaskAnswer, 'choice' | 'reason' | 'fields'>

export type Answering = {
  readonly id: string
  readonly actor: Actor
  readonly given: Given
  /** Redacted. */
  readonly shown: Given
  /** Why the question rejects it, or null. */
  readonly problem: string | null
  readonly now: number
}

export async function answerTask(
  db: Db,
  keyring: Keyring,
  { id, actor, given, shown, problem, now }: Answering,
): Promise<Task> {
  const task = () => selectTasks(db).where('tasks.id', '=', id).executeTakeFirst()
  const firstId = (await task())?.first_id
  if (firstId === undefined) throw taskNotFound(id)
  const run = await lockLastAttempt(db, firstId)
  const row = await task()
  if (row === undefined || run === undefined) throw taskNotFound(id)
  const asker = await findAsker(db, actor, now)
  const ruleOf = await rulesOf(db, [row], now)
  const whyNot = whyMayNotAnswer(asker, ruleOf(row))
  if (asker === null || whyNot !== null) throw new UserError('may_not_answer', whyNot ?? '')
  const { status } = toTask(row, now)
  if (status === 'answered') throw alreadyAnswered(row.answer)
  if (status !== 'open') throw new UserError('task_over', 'The time of the task is over, or its run has ended.')
  if (problem !== null) throw new UserError('bad_request', problem)
  const proposal = await findProposal(db, id)
  if (proposal !== undefined) assertReason(proposal, given)
  const by = { id: asker.id, name: asker.name, email: asker.email }
  const answer: TaskAnswer = { ...given, by, at: now }
  const key = { kind: 'task', name: String(JSON.parse(row.name_json)), number: 1 } as const
  const part = { firstId, workflowId: run.workflow_id, runId: run.id, attempt: run.attempt, part: 0 }
  await db
    .updateTable('run_steps')
    .set({ status: 'done', data: sealStep(keyring, part, key, JSON.stringify(answer)), finished_at: now })
    .set({ shown: toBytes(JSON.stringify({ ...answer, ...shown })) })
    .where(({ and }) => and({ run_id: firstId, ...keyOf(key) }))
    .execute()
  const ended = { status: 'answered', answer: toBytes(JSON.stringify({ ...answer, ...shown })) } as const
  await db.updateTable('tasks').set(ended).where('id', '=', id).execute()
  if (proposal !== undefined) await decideProposal(db, keyring, proposal, answer)
  await wakeForEvent(db, run.id, now)
  return toTask({ ...row, ...ended }, now)
}

export const taskNotFound = (id: string): UserError =>
  new UserError('not_found', `There is no task ${JSON.stringify(id.slice(0, 100))}.`)

function alreadyAnswered(json: Uint8Array | null): UserError {
  const answer: TaskAnswer | null = json === null ? null : JSON.parse(toText(json))
  if (answer === null) return new UserError('already_answered', 'The task was answered.')
  const at = new Date(answer.at).toISOString()
  const { id, name } = answer.by
  return new UserError('already_answered', `${name} answered the task at ${at}.`, { by: { id, name }, at })
}
