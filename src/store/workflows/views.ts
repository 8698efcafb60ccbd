import { sql } from 'kysely'
import { parseActor } from '../../domain/shared/actor.ts'
import { VIEW_LIMITS, type View } from '../../domain/workflows/view.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import type { ViewRow } from '../database/tables/people.ts'
import { bit, type Db, isPostgres } from '../database/tables/tables.ts'

export type ViewStore = {
  /** The owner's private views and all shared ones, oldest first. */
  listViews(ownerId: string): Promise<readonly View[]>
  /** Locks the view until the transaction ends. */
  findView(id: string): Promise<View | null>
  /** Throws `conflict` at the limit. */
  createView(view: View): Promise<void>
  /** Throws `conflict` if `shared` changes at the limit. */
  updateView(before: View, after: View): Promise<void>
  deleteView(id: string): Promise<void>
}

export function createViews(database: Database): ViewStore {
  return {
    listViews: (ownerId) =>
      database.read(async (db) => {
        const rows = await db
          .selectFrom('views')
          .selectAll()
          .where(({ or, eb }) => or([eb('shared', '=', 1), eb('owner_id', '=', ownerId)]))
          .orderBy('id')
          .execute()
        return rows.map(toView)
      }),
    findView: (id) =>
      database.write(async (db) => {
        const row = await db.selectFrom('views').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
        return row === undefined ? null : toView(row)
      }),
    createView: (view) =>
      database.write(async (db) => {
        await assertRoom(db, view)
        await db.insertInto('views').values(toRow(view)).execute()
      }),
    updateView: (before, after) =>
      database.write(async (db) => {
        if (after.shared !== before.shared) await assertRoom(db, after)
        const { name, search, shared } = toRow(after)
        await db.updateTable('views').set({ name, search, shared }).where('id', '=', after.id).execute()
      }),
    deleteView: (id) =>
      database.write(async (db) => {
        await db.deleteFrom('views').where('id', '=', id).execute()
      }),
  }
}

/** Shared views outlive their author's account. */
export async function deletePrivateViews(db: Db, ownerId: string): Promise<void> {
  await db.deleteFrom('views').where('owner_id', '=', ownerId).where('shared', '=', 0).execute()
}

async function assertRoom(db: Db, { shared, createdBy }: View): Promise<void> {
  // Two servers could both add the last view. SQLite has one writer.
  if (isPostgres(db)) await sql`lock table views in share row exclusive mode`.execute(db)
  let query = db
    .selectFrom('views')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('shared', '=', bit(shared))
  if (!shared) query = query.where('owner_id', '=', createdBy.id)
  const { count } = await query.executeTakeFirstOrThrow()
  const most = shared ? VIEW_LIMITS.shared : VIEW_LIMITS.ofPerson
  if (Number(count) < most) return
  const kind = shared ? 'shared views' : 'private views of yours'
  throw new UserError('conflict', `Expected at most ${most} ${kind}, found ${count} already: delete one first.`)
}

const toRow = ({ id, name, search, shared, createdBy, createdAt }: View): ViewRow => ({
  id,
  owner_id: createdBy.id,
  name,
  search,
  shared: bit(shared),
  created_by_json: JSON.stringify(createdBy),
  created_at: createdAt,
})

const toView = (row: ViewRow): View => ({
  id: row.id,
  name: row.name,
  search: row.search,
  shared: row.shared === 1,
  createdBy: parseActor(row.created_by_json),
  createdAt: row.created_at,
})
