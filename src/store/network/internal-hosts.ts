import { sql } from 'kysely'
import { parseActor } from '../../domain/shared/actor.ts'
import type { InternalHost } from '../../domain/shared/egress.ts'
import type { Database } from '../database/database.ts'
import type { InternalHostRow } from '../database/tables/network.ts'
import { type Db, isPostgres } from '../database/tables/tables.ts'

export type InternalHostStore = {
  listInternalHosts(): Promise<readonly InternalHost[]>
  /** Until the transaction ends, others can read and not change them. */
  lockInternalHosts(): Promise<readonly InternalHost[]>
  putInternalHost(host: InternalHost): Promise<void>
  deleteInternalHost(id: string): Promise<boolean>
}

export function createInternalHosts(database: Database): InternalHostStore {
  const list = async (db: Db) => (await db.selectFrom('internal_hosts').selectAll().orderBy('id').execute()).map(toHost)
  return {
    listInternalHosts: () => database.read(list),
    lockInternalHosts: () =>
      database.write(async (db) => {
        await lock(db)
        return await list(db)
      }),
    putInternalHost: (host) =>
      database.write(async (db) => {
        const { id, ...changes } = toRow(host)
        await db
          .insertInto('internal_hosts')
          .values({ id, ...changes })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(changes))
          .execute()
      }),
    deleteInternalHost: (id) =>
      database.write(async (db) => {
        const { numDeletedRows } = await db.deleteFrom('internal_hosts').where('id', '=', id).executeTakeFirstOrThrow()
        return numDeletedRows > 0n
      }),
  }
}

async function lock(db: Db): Promise<void> {
  if (isPostgres(db)) await sql`lock table internal_hosts in share row exclusive mode`.execute(db)
}

/** The list may get empty. Then no workflow may connect. */
export async function forgetInternalHosts(db: Db, workflowId: string): Promise<void> {
  await lock(db)
  const rows = await db
    .selectFrom('internal_hosts')
    .select(['id', 'workflows_json'])
    .where('workflows_json', 'like', `%${JSON.stringify(workflowId)}%`)
    .execute()
  for (const { id, workflows_json } of rows) {
    const kept = (JSON.parse(workflows_json ?? '[]') as string[]).filter((one) => one !== workflowId)
    await db
      .updateTable('internal_hosts')
      .set({ workflows_json: JSON.stringify(kept) })
      .where('id', '=', id)
      .execute()
  }
}

const toRow = ({ id, host, workflows, note, createdBy, createdAt }: InternalHost): InternalHostRow => ({
  id,
  host,
  workflows_json: workflows === 'all' ? null : JSON.stringify(workflows),
  note,
  created_by_json: JSON.stringify(createdBy),
  created_at: createdAt,
})

const toHost = (row: InternalHostRow): InternalHost => ({
  id: row.id,
  host: row.host,
  workflows: row.workflows_json === null ? 'all' : JSON.parse(row.workflows_json),
  note: row.note,
  createdBy: parseActor(row.created_by_json),
  createdAt: row.created_at,
})
