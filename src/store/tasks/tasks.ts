/** Waits create tasks (src/store/runs/steps). */

import { type ExpressionBuilder, sql } from 'kysely'
import type { Actor } from '../../domain/shared/actor.ts'
import { type Asker, whyMayNotAnswer } from '../../domain/tasks/may-answer.ts'
import type { Task, TaskStatus } from '../../domain/tasks/task.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import type { Db, Tables } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { type Answering, answerTask, taskNotFound } from './answer.ts'
import { findAsker } from './asker.ts'
import { type Row, rulesOf, selectTasks, toTask } from './rows.ts'

type TaskFilter = {
  readonly status?: TaskStatus
  readonly mine?: boolean
  readonly workflowId?: string
  readonly firstId?: string
}

/** `seesAll`: owners, and keys with the scope admin. */
export type Viewer = { readonly actor: Actor; readonly seesAll: boolean; readonly now: number }

/** `whyNot`: null if the viewer may answer. */
export type ViewedTask = Task & { readonly whyNot: string | null }

export type TaskStore = {
  list(viewer: Viewer, filter: TaskFilter, page: PageQuery): Promise<Page<ViewedTask>>
  /** Null: the viewer does not see it. */
  get(viewer: Viewer, id: string): Promise<ViewedTask | null>
  /** Does not check who asks. Throws `not_found`. */
  find(id: string, now: number): Promise<Task>
  /** Throws `not_found`, `may_not_answer`, `already_answered` or `task_over`. */
  answer(answering: Answering): Promise<Task>
  isOpen(id: string, now: number): Promise<boolean>
}

export function createTasks(database: Database, keyring: Keyring): TaskStore {
  return {
    list: (viewer, filter, page) => database.read((db) => listTasks(db, viewer, filter, page)),
    get: (viewer, id) => database.read((db) => getTask(db, viewer, id)),
    find: (id, now) =>
      database.read(async (db) => {
        const row = await selectTasks(db).where('tasks.id', '=', id).executeTakeFirst()
        if (row === undefined) throw taskNotFound(id)
        return toTask(row, now)
      }),
    answer: (answering) => database.write((db) => answerTask(db, keyring, answering)),
    isOpen: (id, now) =>
      database.read(async (db) => {
        const open = db.selectFrom('tasks').select('id').where('id', '=', id).where('status', '=', 'open')
        return (await open.where('due_at', '>', now).executeTakeFirst()) !== undefined
      }),
  }
}

async function listTasks(db: Db, viewer: Viewer, filter: TaskFilter, page: PageQuery): Promise<Page<ViewedTask>> {
  const asker = await findAsker(db, viewer.actor, viewer.now)
  const { status, workflowId, firstId, mine = false } = filter
  const tasks = selectTasks(db)
    .$if(!viewer.seesAll || mine, (query) => query.where((where) => isFor(where, asker)))
    .$if(status !== undefined, (query) => query.where((where) => hasStatus(where, status ?? 'open', viewer.now)))
    .$if(workflowId !== undefined, (query) => query.where('tasks.workflow_id', '=', workflowId ?? ''))
    .$if(firstId !== undefined, (query) => query.where('tasks.first_id', '=', firstId ?? ''))
  const paged = await readNewest(
    tasks,
    page,
    { 'tasks.created_at': 'number', 'tasks.id': 'string' },
    (row) => [row.created_at, row.id],
    (row) => row,
  )
  return { ...paged, data: await view(db, paged.data, asker, viewer.now) }
}

async function getTask(db: Db, viewer: Viewer, id: string): Promise<ViewedTask | null> {
  const asker = await findAsker(db, viewer.actor, viewer.now)
  const row = await selectTasks(db)
    .where('tasks.id', '=', id)
    .$if(!viewer.seesAll, (query) => query.where((where) => isFor(where, asker)))
    .executeTakeFirst()
  if (row === undefined) return null
  const [task = null] = await view(db, [row], asker, viewer.now)
  return task
}

type Where = ExpressionBuilder<Tables, 'tasks' | 'workflows'>

/** SQL of `isAsked`. */
function isFor({ and, eb, exists, or, selectFrom }: Where, asker: Asker | null) {
  if (asker === null || asker.role === null) return sql<boolean>`1 = 0`
  const { email, id, role } = asker
  const isNamed = (who: string) =>
    exists(
      selectFrom('task_people').select('who').where('who', '=', who).whereRef('task_people.task_id', '=', 'tasks.id'),
    )
  const mayEdit = or([
    eb('workflows.editors_json', 'is', null),
    eb('workflows.editors_json', 'like', `%${JSON.stringify(id)}%`),
  ])
  return or([
    isNamed(email),
    ...(role === 'owner' ? [isNamed('owners')] : []),
    ...(role === 'editor' ? [and([isNamed('editors'), mayEdit])] : []),
  ])
}

/** An overdue task is expired, even if its run sleeps. */
function hasStatus({ and, eb, or }: Where, status: TaskStatus, now: number) {
  const isOpen = eb('tasks.status', '=', 'open')
  if (status === 'open') return and([isOpen, eb('tasks.due_at', '>', now)])
  if (status !== 'expired') return eb('tasks.status', '=', status)
  return or([eb('tasks.status', '=', 'expired'), and([isOpen, eb('tasks.due_at', '<=', now)])])
}

async function view(db: Db, rows: readonly Row[], asker: Asker | null, now: number): Promise<readonly ViewedTask[]> {
  const tasks = rows.map((row) => ({ row, task: toTask(row, now) }))
  const open = tasks.filter(({ task }) => task.status === 'open')
  const ruleOf = await rulesOf(
    db,
    open.map(({ row }) => row),
    now,
  )
  return tasks.map(({ row, task }) => ({
    ...task,
    whyNot: task.status === 'open' ? whyMayNotAnswer(asker, ruleOf(row)) : OVER[task.status],
  }))
}

const OVER: Readonly<Record<Exclude<TaskStatus, 'open'>, string>> = {
  answered: 'The task was answered.',
  expired: 'The time of the task is over.',
  cancelled: 'The run has ended.',
}
