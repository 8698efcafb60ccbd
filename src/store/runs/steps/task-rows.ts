import { type RawBuilder, sql } from 'kysely'
import type { Warning } from '../../../domain/runs/run.ts'
import { readRole } from '../../../domain/shared/access.ts'
import { isAsked } from '../../../domain/tasks/may-answer.ts'
import { type Question, TASK_GROUPS, type TaskStatus } from '../../../domain/tasks/task.ts'
import { newId } from '../../../random.ts'
import { recordTask } from '../../alerts/record.ts'
import { type Db, isPostgres, toBytes } from '../../database/tables/tables.ts'
import { endProposals, findProposal } from '../../decisions/proposals.ts'
import type { Part } from '../rows/step-records.ts'

type NewTask = {
  readonly part: Part
  readonly name: string
  readonly question: Question
  /** Null: the answer takes no decision. */
  readonly proposed: string | null
  readonly now: number
  readonly until: number
}

/** Warns of addresses without an account. An answer to another question is no decision, so its task is replaced. */
export async function openTask(
  db: Db,
  { part, name, question, proposed, now, until }: NewTask,
): Promise<{ readonly id: string; readonly warning: Warning | null }> {
  const name_json = JSON.stringify(name)
  const found = await db
    .selectFrom('tasks')
    .select('id')
    .where('first_id', '=', part.firstId)
    .where('name_json', '=', name_json)
    .where('status', '=', 'open')
    .executeTakeFirst()
  const isOpen = found !== undefined && (proposed === null || (await findProposal(db, found.id)) !== undefined)
  if (isOpen) return { id: found.id, warning: null }
  if (found !== undefined)
    await db.updateTable('tasks').set({ status: 'cancelled' }).where('id', '=', found.id).execute()
  const id = newId('task', now)
  const people = await listPeople(db)
  const given = (question.to ?? TASK_GROUPS).map((who) => who.toLowerCase())
  const unknown = given.filter((who) => who.includes('@') && !people.some(({ email }) => email === who))
  // Owners answer if the others cannot.
  const asked = [...new Set([...given, ...(unknown.length === 0 ? [] : ['owners'])])]
  await db
    .insertInto('tasks')
    .values({
      id,
      first_id: part.firstId,
      run_id: part.runId,
      workflow_id: part.workflowId,
      name_json,
      status: 'open',
      shown: toBytes(JSON.stringify(question)),
      answer: null,
      created_at: now,
      due_at: until,
    })
    .execute()
  for (const who of asked) await db.insertInto('task_people').values({ who, task_id: id }).execute()
  const starters = await listStarters(db, part.firstId)
  const rule = { asked, editors: await editorsOf(db, part.workflowId), starters }
  const to = people
    .filter((person) => isAsked(person, rule) && !starters.some((one) => one.id === person.id))
    .map(({ email }) => email)
  const { title, remindMs } = question
  const notice = { id, title, remindMs, ...(proposed === null ? {} : { proposed }) }
  await recordTask(db, part.workflowId, notice, to, now)
  return { id, warning: unknown.length === 0 ? null : warningOf(name, unknown) }
}

const warningOf = (name: string, unknown: readonly string[]): Warning => ({
  code: 'unknown_person',
  message: `The task ${JSON.stringify(name)} asks ${unknown.join(', ')}, who has no account. Owners were asked, too. An owner invites people under Settings → People.`,
})

async function editorsOf(db: Db, workflowId: string): Promise<readonly string[] | null> {
  const row = await db.selectFrom('workflows').select('editors_json').where('id', '=', workflowId).executeTakeFirst()
  return row?.editors_json == null ? null : JSON.parse(row.editors_json)
}

/** better-auth creates its tables at first use. */
async function listPeople(db: Db) {
  const table = isPostgres(db)
    ? sql`select 1 where to_regclass('"user"') is not null`
    : sql`select 1 from sqlite_master where type = 'table' and name = 'user'`
  if ((await table.execute(db)).rows.length === 0) return []
  const rows = await db.selectFrom('user').select(['id', 'email', 'role']).execute()
  return rows.map(({ id, email, role }) => ({ id, email: email.toLowerCase(), role: readRole(role) }))
}

async function listStarters(db: Db, firstId: string) {
  const rows = await db
    .selectFrom('run_starters')
    .select(['person_id', 'email'])
    .where('run_id', '=', firstId)
    .execute()
  return rows.map(({ person_id, email }) => ({ id: person_id, email }))
}

export async function endTasks(
  db: Db,
  firstIds: readonly string[] | RawBuilder<string>,
  status: Extract<TaskStatus, 'expired' | 'cancelled'>,
  dueAt = Number.MAX_SAFE_INTEGER,
): Promise<void> {
  const ended = await db
    .updateTable('tasks')
    .set({ status })
    .where('first_id', 'in', firstIds)
    .where('status', '=', 'open')
    .where('due_at', '<=', dueAt)
    .returning(['id', 'due_at'])
    .execute()
  for (const { id, due_at } of ended) await endProposals(db, [id], status, due_at)
}

/** Also deletes their notices, which contain titles. */
export async function deleteTasks(db: Db, firstIds: readonly string[]): Promise<void> {
  const tasks = await db.selectFrom('tasks').select(['id', 'workflow_id']).where('first_id', 'in', firstIds).execute()
  for (const { id, workflow_id } of tasks)
    await db
      .deleteFrom('alerts')
      .where('workflow_id', '=', workflow_id)
      .where('type', '=', 'task')
      .where('message_json', 'like', `%"id":"${id}"%`)
      .execute()
  const ids = db.selectFrom('tasks').select('id').where('first_id', 'in', firstIds)
  await db.deleteFrom('task_people').where('task_id', 'in', ids).execute()
  await db.deleteFrom('tasks').where('first_id', 'in', firstIds).execute()
  await db.deleteFrom('run_starters').where('run_id', 'in', firstIds).execute()
}
