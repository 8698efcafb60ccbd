import { sql } from 'kysely'
import type { EnvironmentLock } from '../../domain/packages/version-packages.ts'
import type { Database } from '../database/database.ts'
import { parsePackages } from '../database/packages.ts'
import { bit, type Db, toBytes, toText } from '../database/tables/tables.ts'
import type { EnvironmentRow } from '../database/tables/versions.ts'

export type EnvironmentUse = {
  readonly environmentId: string
  readonly workflowId: string
  readonly workflowName: string
  readonly version: number
  readonly deployed: boolean
  /** Packages that the code names. Empty if a newer version uses the same environment. */
  readonly direct: readonly string[]
}

export type EnvironmentStore = {
  putEnvironment(environment: EnvironmentLock): Promise<void>
  getEnvironment(id: string): Promise<EnvironmentLock | null>
  listEnvironments(limit: number): Promise<readonly EnvironmentLock[]>
  /** Up to 1,000, newest first. `needed` selects versions that are deployed or have waiting runs. */
  listEnvironmentUses(ids: readonly string[], needed?: boolean): Promise<readonly EnvironmentUse[]>
  touchEnvironments(ids: readonly string[], now: number): Promise<void>
}

const MAX_USES = 1000

export function createEnvironments(database: Database): EnvironmentStore {
  return {
    putEnvironment: (environment) =>
      database.write(async (db) => {
        await db
          .insertInto('environments')
          .values(toRow(environment))
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
      }),
    getEnvironment: (id) =>
      database.read(async (db) => {
        const row = await db.selectFrom('environments').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? null : toEnvironment(row)
      }),
    listEnvironments: (limit) =>
      database.read(async (db) => {
        const query = db.selectFrom('environments').selectAll().orderBy('created_at', 'desc').orderBy('id').limit(limit)
        return (await query.execute()).map(toEnvironment)
      }),
    listEnvironmentUses: (ids, needed = false) => database.read((db) => listUses(db, ids, needed)),
    touchEnvironments: (ids, now) =>
      database.write(async (db) => {
        if (ids.length === 0) return
        await db.updateTable('environments').set({ last_used_at: now }).where('id', 'in', ids).execute()
      }),
  }
}

async function listUses(db: Db, ids: readonly string[], needed: boolean): Promise<readonly EnvironmentUse[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('versions')
    .innerJoin('workflows', 'workflows.id', 'versions.workflow_id')
    .select(['versions.environment_id', 'versions.workflow_id', 'versions.number', 'versions.id', 'versions.packages'])
    .select(['workflows.name', 'workflows.deployed_version_id'])
    .where('versions.environment_id', 'in', ids)
    .$if(needed, (query) =>
      query.where(({ eb, exists, or, selectFrom }) =>
        or([
          eb('workflows.deployed_version_id', '=', eb.ref('versions.id')),
          exists(
            selectFrom('runs')
              .select('runs.id')
              .where('runs.status', '=', sql.lit<'waiting'>('waiting'))
              .whereRef('runs.version_id', '=', 'versions.id'),
          ),
        ]),
      ),
    )
    .orderBy('versions.created_at', 'desc')
    .orderBy('versions.id', 'desc')
    .limit(MAX_USES)
    .execute()
  const newest = new Map(rows.toReversed().map(({ environment_id, id }) => [environment_id, id]))
  return rows.map((row) => ({
    environmentId: row.environment_id ?? '',
    workflowId: row.workflow_id,
    workflowName: row.name,
    version: row.number,
    deployed: row.deployed_version_id === row.id,
    direct: newest.get(row.environment_id) === row.id ? directOf(row.packages) : [],
  }))
}

function directOf(packed: Uint8Array | null): readonly string[] {
  const found = parsePackages(packed)?.packages ?? []
  return found.filter(({ direct }) => direct).map(({ name }) => name)
}

function toRow({ id, runtime, lock, withSources, createdAt, lastUsedAt }: EnvironmentLock): EnvironmentRow {
  return {
    id,
    runtime,
    lock: toBytes(lock),
    with_sources: bit(withSources),
    created_at: createdAt,
    last_used_at: lastUsedAt,
  }
}

function toEnvironment(row: EnvironmentRow): EnvironmentLock {
  return {
    id: row.id,
    runtime: row.runtime,
    lock: toText(row.lock),
    withSources: row.with_sources === 1,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}
