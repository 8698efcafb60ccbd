/** Outcomes that wait for a person's agreement. */

import type { OverseenDecision } from '../../domain/decisions/oversight.ts'
import { keptUntil } from '../../domain/decisions/record.ts'
import type { StepKey } from '../../domain/runs/steps.ts'
import type { TaskAnswer } from '../../domain/tasks/task.ts'
import { UserError } from '../../errors.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import type { DecisionTables } from '../database/tables/decisions.ts'
import { bit, type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { appendDecision } from './append.ts'
import type { DecidingRun, DecisionFilter, PendingDecision, PendingFilter, Proposal } from './records.ts'
import { proposalBinding } from './rows.ts'

type Row = DecisionTables['decision_proposals']

type NewProposal = {
  readonly taskId: string
  readonly part: DecidingRun
  readonly call: Pick<StepKey, 'name' | 'number'>
  readonly proposal: Proposal
  readonly now: number
}

/** Has no effect if the task has one. */
export async function insertProposal(
  db: Db,
  keyring: Keyring,
  { taskId, part, call, proposal, now }: NewProposal,
): Promise<void> {
  const { decision, subjectHash, reasonRequired } = proposal
  const { runId, workflowId, firstId } = part
  await db
    .insertInto('decision_proposals')
    .values({
      task_id: taskId,
      decision_id: decision.id,
      workflow_id: workflowId,
      run_id: runId,
      first_id: firstId,
      call: JSON.stringify([call.name, call.number]),
      proposed: decision.given.outcome,
      reason_required: bit(reasonRequired),
      status: 'pending',
      data: keyring.encrypt(JSON.stringify(decision), proposalBinding({ workflow_id: workflowId, task_id: taskId })),
      subject_hash: subjectHash,
      created_at: now,
      ended_at: null,
      outcome: null,
      reviewer_id: null,
      reviewer_name: null,
      kept_until: Date.parse(keptUntil(now, decision.keepDays)),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export const findProposal = (db: Db, taskId: string) =>
  db.selectFrom('decision_proposals').selectAll().where('task_id', '=', taskId).executeTakeFirst()

export function assertReason({ reason_required }: Row, { reason }: Pick<TaskAnswer, 'reason'>): void {
  if (reason_required === 1 && reason === null)
    throw new UserError('bad_request', 'reason: expected a text, because this decision needs one.')
}

/** Call it in the transaction that stores the answer. */
export async function decideProposal(db: Db, keyring: Keyring, row: Row, answer: TaskAnswer): Promise<void> {
  const { task_id, workflow_id, first_id, run_id, data, created_at } = row
  if (data === null) throw new UserError('task_over', 'The proposal was erased.')
  const decision: Proposal['decision'] = JSON.parse(keyring.decrypt(toBuffer(data), proposalBinding(row)))
  const [name, number]: unknown[] = JSON.parse(row.call)
  const { choice, by, at, reason } = answer
  await appendDecision(db, keyring, {
    part: { runId: run_id, workflowId: workflow_id, firstId: first_id },
    call: { name: String(name), number: Number(number) },
    decision,
    subjectHash: row.subject_hash ?? '',
    at,
    overseen: {
      outcome: choice,
      by: { id: by.id, name: by.name },
      reason,
      oversight: {
        task_id,
        choice,
        at: new Date(at).toISOString(),
        seconds_open: Math.max(0, at - created_at) / 1000,
      },
    },
  })
  const reviewer = { outcome: choice, reviewer_id: by.id, reviewer_name: by.name }
  await db
    .updateTable('decision_proposals')
    .set({ status: 'decided', data: null, subject_hash: null, ended_at: at, ...reviewer })
    .where('task_id', '=', task_id)
    .execute()
}

export async function endProposals(
  db: Db,
  taskIds: readonly string[],
  status: 'expired' | 'cancelled',
  now: number,
): Promise<void> {
  if (taskIds.length === 0) return
  await db
    .updateTable('decision_proposals')
    .set({ status, data: null, subject_hash: null, ended_at: now })
    .where('task_id', 'in', taskIds)
    .where('status', '=', 'pending')
    .execute()
}

export async function listPending(
  db: Db,
  keyring: Keyring,
  { id, workflowId, outcome, subjectHash, since, until }: PendingFilter & { readonly subjectHash: string | null },
  page: PageQuery,
): Promise<Page<PendingDecision>> {
  const query = db
    .selectFrom('decision_proposals')
    .selectAll()
    .where('status', '=', 'pending')
    .where('data', 'is not', null)
    .$if(workflowId !== undefined, (query) => query.where('workflow_id', '=', workflowId ?? ''))
    .$if(id !== undefined, (query) => query.where('decision_id', '=', id ?? ''))
    .$if(outcome !== undefined, (query) => query.where('proposed', '=', outcome ?? ''))
    .$if(since !== undefined, (query) => query.where('created_at', '>=', since ?? 0))
    .$if(until !== undefined, (query) => query.where('created_at', '<', until ?? 0))
    .$if(subjectHash !== null, (query) => query.where('subject_hash', '=', subjectHash))
  return await readNewest(
    query,
    page,
    { created_at: 'number', task_id: 'string' },
    (row) => [row.created_at, row.task_id],
    (row) => ({
      taskId: row.task_id,
      workflowId: row.workflow_id,
      runId: row.run_id,
      at: row.created_at,
      decision: JSON.parse(keyring.decrypt(toBuffer(row.data ?? Buffer.alloc(0)), proposalBinding(row))),
    }),
  )
}

export async function listOverseen(
  db: Db,
  { workflowId, since, until }: Pick<DecisionFilter, 'workflowId' | 'since' | 'until'>,
): Promise<readonly OverseenDecision[]> {
  const rows = await db
    .selectFrom('decision_proposals')
    .select(['status', 'proposed', 'outcome', 'reviewer_id', 'reviewer_name', 'created_at', 'ended_at'])
    .$if(workflowId !== undefined, (query) => query.where('workflow_id', '=', workflowId ?? ''))
    .$if(since !== undefined, (query) => query.where('created_at', '>=', since ?? 0))
    .$if(until !== undefined, (query) => query.where('created_at', '<', until ?? 0))
    .execute()
  return rows.map(({ status, proposed, outcome, reviewer_id, reviewer_name, created_at, ended_at }) => ({
    status,
    proposed,
    outcome,
    reviewer: reviewer_id === null ? null : { id: reviewer_id, name: reviewer_name ?? '' },
    secondsOpen: status === 'decided' && ended_at !== null ? Math.max(0, ended_at - created_at) / 1000 : null,
  }))
}
