import { type RawBuilder, type Selectable, sql } from 'kysely'
import { changeSecrets } from '../../domain/senders/sender-check.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readCursor, toPage } from '../database/paging.ts'
import { prepare } from '../database/prepare.ts'
import { createRowCache, rowMark } from '../database/row-cache.ts'
import { bit, type Db, type WorkflowRow } from '../database/tables/tables.ts'
import { cancelQueuedRuns, cancelWaitingAttempts } from '../runs/queue/queue.ts'
import { armSchedule } from '../schedules/schedules.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { followCanary } from './canary-rows.ts'
import { toWorkflow, toWorkflowRow, type WorkflowChanges } from './rows.ts'
import { encryptSecrets, readSecrets } from './sender-secrets.ts'

const MAX_CACHED = 2000

type WorkflowFilter = {
  readonly kind?: string
  readonly q?: string
  readonly tag?: string
  readonly archived?: boolean
  readonly sort?: WorkflowSort
}
export const WORKFLOW_SORTS = ['created', 'updated', 'name'] as const
type WorkflowSort = (typeof WORKFLOW_SORTS)[number]

export type WorkflowStore = {
  createWorkflow(workflow: Workflow, senderSecrets?: readonly string[]): Promise<void>
  getWorkflow(id: string): Promise<Workflow | null>
  getWorkflowByHookKey(hookKey: string): Promise<Workflow | null>
  listWorkflows(filter: WorkflowFilter, page: PageQuery): Promise<Page<Workflow>>
  getWorkflowNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Returns null if the workflow does not exist. Throws `conflict` if `updatedAt` is no longer `base`. */
  updateWorkflow(id: string, changes: WorkflowChanges, now: number, base?: number): Promise<Workflow | null>
}

export function createWorkflows(database: Database, keyring: Keyring): WorkflowStore {
  const cached = createRowCache<Workflow>(database, 'workflow', { maxSize: MAX_CACHED, sizeOf: () => 1 })
  const find = (column: 'id' | 'hook_key', value: string): Promise<Workflow | null> =>
    cached(`${column} ${value}`, () =>
      database.read(async (db) => {
        const [row] = (await selectBy[column](db, { value })).rows
        return row === undefined ? null : { value: toWorkflow(row), workflowId: row.id, mark: row.mark }
      }),
    )
  return {
    createWorkflow: (workflow, senderSecrets = []) =>
      database.write(async (db) => {
        const secrets = encryptSecrets(keyring, workflow, senderSecrets)
        await db
          .insertInto('workflows')
          .values({ ...toWorkflowRow(workflow), ...secrets })
          .execute()
        await db.insertInto('settings_totals').values({ workflow_id: workflow.id, count: 0, bytes: 0 }).execute()
        await armSchedule(db, workflow, null, workflow.createdAt)
      }),
    getWorkflow: (id) => find('id', id),
    getWorkflowByHookKey: (hookKey) => find('hook_key', hookKey),
    listWorkflows: (filter, page) => database.read((db) => listWorkflows(db, filter, page)),
    getWorkflowNames: (ids) =>
      database.read(async (db) => {
        if (ids.length === 0) return new Map()
        const rows = await db.selectFrom('workflows').select(['id', 'name']).where('id', 'in', ids).execute()
        return new Map(rows.map(({ id, name }) => [id, name]))
      }),
    updateWorkflow: (id, changes, now, base) =>
      database.write((db) => updateWorkflow(db, database, keyring, { id, changes, now, base })),
  }
}

const selectBy = { id: prepareFind('id'), hook_key: prepareFind('hook_key') }

function prepareFind(column: 'id' | 'hook_key') {
  return prepare<{ value: string }, Selectable<WorkflowRow> & { mark: string }>((db, parameter) =>
    db
      .selectFrom('workflows')
      .selectAll()
      .select(rowMark(db, 'workflows').as('mark'))
      .where(column, '=', parameter('value')),
  )
}

export async function lockWorkflow(db: Db, { engine }: Pick<Database, 'engine'>, id: string): Promise<Workflow | null> {
  const row = await db
    .selectFrom('workflows')
    .selectAll()
    .where('id', '=', id)
    // Allows references, so new runs do not wait.
    .$if(engine === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  return row === undefined ? null : toWorkflow(row)
}

type Update = {
  readonly id: string
  readonly changes: WorkflowChanges
  readonly now: number
  readonly base: number | undefined
}

async function updateWorkflow(
  db: Db,
  database: Database,
  keyring: Keyring,
  { id, changes: { senderSecretsChange, ...changes }, now, base }: Update,
): Promise<Workflow | null> {
  const before = await lockWorkflow(db, database, id)
  if (before === null) return null
  if (base !== undefined && base !== before.updatedAt) {
    throw new UserError('conflict', 'The workflow was changed since it was read: read it again before changing it.')
  }
  const wanted: Workflow = { ...before, ...withoutAbsent(changes), updatedAt: nextUpdate(before, now) }
  const { id: _id, ...row } = toWorkflowRow(wanted)
  const sameScheme = wanted.senderCheck.scheme === before.senderCheck.scheme
  const change = senderSecretsChange ?? { secret: undefined, previous: undefined }
  const secrets =
    senderSecretsChange === undefined && sameScheme
      ? { sender_secret_count: before.senderSecrets }
      : encryptSecrets(keyring, wanted, changeSecrets(await readSecrets(db, keyring, id), change, sameScheme))
  await db
    .updateTable('workflows')
    .set({ ...row, ...secrets })
    .where('id', '=', id)
    .execute()
  const after = toWorkflow({ id, ...row, ...secrets })
  await followCanary(db, before, after, now)
  await armSchedule(db, after, before, now)
  if (!after.enabled) await cancelWaitingAttempts(db, id, now)
  if (after.archived) await cancelQueuedRuns(db, id, now)
  return after
}

/** Changes refer to their base by its update time. */
export const nextUpdate = (before: Workflow, now: number): number => Math.max(now, before.updatedAt + 1)

function withoutAbsent(changes: Omit<WorkflowChanges, 'senderSecretsChange'>): Partial<Workflow> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

const SORTS = {
  created: { column: 'created_at', type: 'number', order: 'desc' },
  updated: { column: 'updated_at', type: 'number', order: 'desc' },
  name: { column: 'search', type: 'string', order: 'asc' },
} as const

async function listWorkflows(
  db: Db,
  { kind, q, tag, archived, sort = 'created' }: WorkflowFilter,
  page: PageQuery,
): ReturnType<WorkflowStore['listWorkflows']> {
  const { column, type, order } = SORTS[sort]
  const after = readCursor(page, [type, 'string'])
  let query = db.selectFrom('workflows').selectAll()
  if (kind === 'catch' || kind === 'pull') query = query.where('kind', '=', kind)
  else if (kind !== undefined) return { data: [], nextCursor: null }
  if (archived !== undefined) query = query.where('archived', '=', bit(archived))
  if (q !== undefined && q !== '') {
    const pattern = patternOf(q.toLowerCase().replaceAll('\0', ''))
    query = query.where((where) => where.or([where.eb('id', '=', q), likeEscaped('search', pattern)]))
  }
  if (tag !== undefined && tag !== '') query = query.where(likeEscaped('tags_json', patternOf(JSON.stringify(tag))))
  if (after !== null) {
    const position = sql`(${after[0]}, ${String(after[1])})`
    const isAfter = sql.raw(order === 'asc' ? '>' : '<')
    query = query.where(sql<boolean>`(${sql.ref(column)}, id) ${isAfter} ${position}`)
  }
  const rows = await query
    .orderBy(column, order)
    .orderBy('id', order)
    .limit(page.limit + 1)
    .execute()
  return toPage(rows, page, (row) => [row[column], row.id], toWorkflow)
}

const patternOf = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

const likeEscaped = (column: 'search' | 'tags_json', pattern: string): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} like ${pattern} escape '\\'`
