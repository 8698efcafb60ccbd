import { type RawBuilder, type Selectable, sql } from 'kysely'
import { changeSecrets } from '../../domain/senders/sender-check.ts'
import type { Kind } from '../../domain/shared/kind.ts'
import { isSimilar } from '../../domain/shared/similar.ts'
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
  readonly kind?: Kind
  /** Words of the name in any order, or an id. */
  readonly q?: string
  /** If `q` finds nothing, allows typing errors. */
  readonly similar?: boolean
  readonly tag?: string
  readonly archived?: boolean
  readonly sort?: WorkflowSort
  readonly ids?: readonly string[]
}
/** `total` is null on later pages. */
type WorkflowPage = Page<Workflow> & { readonly total: number | null }
type Tag = { readonly name: string; readonly workflows: number }
export const WORKFLOW_SORTS = ['created', 'updated', 'name'] as const
type WorkflowSort = (typeof WORKFLOW_SORTS)[number]

export type WorkflowStore = {
  create(workflow: Workflow, senderSecrets?: readonly string[]): Promise<void>
  get(id: string): Promise<Workflow | null>
  getByHookKey(hookKey: string): Promise<Workflow | null>
  list(filter: WorkflowFilter, page: PageQuery): Promise<WorkflowPage>
  /** Finds the workflow with this id, or those with this name. Archived ones count only if no others exist. */
  findIds(nameOrId: string): Promise<readonly string[]>
  /** Reads the newest 20,000 workflows with tags. */
  listTags(): Promise<readonly Tag[]>
  getNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Null: unknown. Throws `conflict` if `updatedAt` is not `base`. */
  update(id: string, changes: WorkflowChanges, now: number, base?: number): Promise<Workflow | null>
}

async function findWorkflowIds(db: Db, nameOrId: string): Promise<readonly string[]> {
  const found = await db
    .selectFrom('workflows')
    .select(['id', 'archived'])
    .where(({ eb, or }) => or([eb('id', '=', nameOrId), eb('name', '=', nameOrId)]))
    .execute()
  if (found.some(({ id }) => id === nameOrId)) return [nameOrId]
  const current = found.filter(({ archived }) => archived === 0)
  return (current.length === 0 ? found : current).map(({ id }) => id)
}

const MAX_TAGGED = 20_000

async function listTags(db: Db): Promise<readonly Tag[]> {
  const tagged = db
    .selectFrom('workflows')
    .select('tags_json')
    .where('tags_json', 'is not', null)
    .where('tags_json', '<>', '[]')
    .orderBy('id', 'desc')
    .limit(MAX_TAGGED)
  const rows = await db
    .selectFrom(tagged.as('tagged'))
    .select(({ fn }) => ['tags_json', fn.countAll<number>().as('count')])
    .groupBy('tags_json')
    .execute()
  const counts = new Map<string, number>()
  for (const { tags_json, count } of rows) {
    const names: readonly string[] = JSON.parse(tags_json ?? '[]')
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + Number(count))
  }
  return [...counts].map(([name, workflows]) => ({ name, workflows })).sort((a, b) => (a.name < b.name ? -1 : 1))
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
    create: (workflow, senderSecrets = []) =>
      database.write(async (db) => {
        const secrets = encryptSecrets(keyring, workflow, senderSecrets)
        await db
          .insertInto('workflows')
          .values({ ...toWorkflowRow(workflow), ...secrets })
          .execute()
        await db.insertInto('settings_totals').values({ workflow_id: workflow.id, count: 0, bytes: 0 }).execute()
        await armSchedule(db, workflow, null, workflow.createdAt)
      }),
    get: (id) => find('id', id),
    getByHookKey: (hookKey) => find('hook_key', hookKey),
    list: (filter, page) => database.read((db) => listWorkflows(db, filter, page)),
    listTags: () => database.read(listTags),
    findIds: (nameOrId) => database.read((db) => findWorkflowIds(db, nameOrId)),
    getNames: (ids) =>
      database.read(async (db) => {
        if (ids.length === 0) return new Map()
        const rows = await db.selectFrom('workflows').select(['id', 'name']).where('id', 'in', ids).execute()
        return new Map(rows.map(({ id, name }) => [id, name]))
      }),
    update: (id, changes, now, base) => database.write((db) => updateWorkflow(db, keyring, { id, changes, now, base })),
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

export async function lockWorkflow(db: Db, id: string): Promise<Workflow | null> {
  const row = await db
    .selectFrom('workflows')
    .selectAll()
    .where('id', '=', id)
    // Allows references: new runs do not wait.
    .forNoKeyUpdate()
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
  keyring: Keyring,
  { id, changes: { senderSecretsChange, ...changes }, now, base }: Update,
): Promise<Workflow | null> {
  const before = await lockWorkflow(db, id)
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

async function listWorkflows(db: Db, filter: WorkflowFilter, page: PageQuery): Promise<WorkflowPage> {
  const { column, type, order } = SORTS[filter.sort ?? 'created']
  const after = readCursor(page, [type, 'string'])
  const list = async (found: WorkflowFilter) => {
    let query = filtered(db, found).selectAll()
    if (after !== null) {
      const position = sql`(${after[0]}, ${String(after[1])})`
      const isAfter = sql.raw(order === 'asc' ? '>' : '<')
      query = query.where(sql<boolean>`(${sql.ref(column)}, id) ${isAfter} ${position}`)
    }
    return await query
      .orderBy(column, order)
      .orderBy('id', order)
      .limit(page.limit + 1)
      .execute()
  }
  const rows = await list(filter)
  if (rows.length > 0 || after !== null || filter.similar !== true) {
    const total = after === null ? await countWorkflows(db, filter) : null
    return { ...toPage(rows, page, (row) => [row[column], row.id], toWorkflow), total }
  }
  const ids = (await listSimilar(db, filter)).slice(0, page.limit)
  const similar = ids.length === 0 ? [] : await list({ ids })
  return { data: similar.map(toWorkflow), nextCursor: null, total: similar.length }
}

const MAX_COMPARED = 5000

async function listSimilar(db: Db, { q = '', ...filter }: WorkflowFilter): Promise<readonly string[]> {
  const words = wordsOf(q)
  if (words.length === 0) return []
  const names = await filtered(db, filter).select(['id', 'search']).orderBy('id', 'desc').limit(MAX_COMPARED).execute()
  return names.filter(({ search }) => isSimilar(words, search)).map(({ id }) => id)
}

async function countWorkflows(db: Db, filter: WorkflowFilter): Promise<number> {
  const { count } = await filtered(db, filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

function filtered(db: Db, { kind, q = '', tag, archived, ids }: WorkflowFilter) {
  let query = db.selectFrom('workflows')
  if (ids !== undefined) query = query.where('id', 'in', ids)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (archived !== undefined) query = query.where('archived', '=', bit(archived))
  const words = wordsOf(q)
  if (words.length > 0) {
    query = query.where(({ eb, or, and }) =>
      or([eb('id', '=', q), and(words.map((word) => likeEscaped('search', patternOf(word))))]),
    )
  }
  if (tag !== undefined && tag !== '') query = query.where(likeEscaped('tags_json', patternOf(JSON.stringify(tag))))
  return query
}

const MAX_WORDS = 20

const wordsOf = (q: string): readonly string[] =>
  q.toLowerCase().replaceAll('\0', '').split(/\s+/).filter(Boolean).slice(0, MAX_WORDS)

const patternOf = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

const likeEscaped = (column: 'search' | 'tags_json', pattern: string): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} like ${pattern} escape '\\'`
