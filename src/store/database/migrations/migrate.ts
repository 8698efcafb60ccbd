import { sql } from 'kysely'
import { StartError } from '../../../errors.ts'
import type { Database } from '../database.ts'
import type { Db } from '../tables/tables.ts'
import { listStatements, type Migration, readMigration } from './migration.ts'
import { readMinimum, writeMinimum } from './minimum.ts'
import { makeIndexes } from './postgres-indexes.ts'

/** The last migration of releases 0.x, whose result the start creates. */
const START = 88

export const MIGRATIONS: readonly Migration[] = [
  {
    number: START,
    name: 'start',
    sql: () => readMigration('0088-start.sql'),
    indexes: [
      { name: 'runs_queued_of_workflow', on: "runs (workflow_id, not_before, id) where status = 'queued'" },
      {
        name: 'setting_changes_of_secrets',
        on: 'setting_changes (workflow_id, at) where secret = 1 and value is not null',
      },
      { name: 'versions_waiting', on: 'versions (id) where deploy_when_ready = 1' },
    ],
  },
  {
    number: 89,
    name: 'setting-conflicts',
    sql: () => readMigration('0089-setting-conflicts.sql'),
    compatible: true,
  },
  { number: 90, name: 'internal hosts', compatible: true, sql: () => readMigration('0090-internal-hosts.sql') },
  { number: 91, name: 'run-counts', sql: () => readMigration('0091-run-counts.sql'), compatible: true },
  { number: 92, name: 'hook-methods', sql: () => readMigration('0092-hook-methods.sql'), compatible: true },
  { number: 93, name: 'late-runs', sql: () => readMigration('0093-late-runs.sql'), compatible: true },
  { number: 94, name: 'alert-silences', sql: () => readMigration('0094-alert-silences.sql'), compatible: true },
  { number: 95, name: 'failed-hours', sql: () => readMigration('0095-failed-hours.sql'), compatible: true },
  { number: 97, name: 'connections', sql: () => readMigration('0097-connections.sql'), compatible: true },
  {
    number: 98,
    name: 'steps',
    sql: () => readMigration('0098-steps.sql'),
    // Must equal the conditions of queries (src/store/runs/steps).
    indexes: [
      { name: 'runs_waiting', on: "runs (not_before, id) where status = 'waiting'" },
      { name: 'runs_waiting_of_workflow', on: "runs (workflow_id, id) where status = 'waiting'" },
    ],
  },
  { number: 99, name: 'tasks', sql: () => readMigration('0099-tasks.sql') },
  // An older server would not erase decisions about a person.
  { number: 100, name: 'decisions', sql: () => readMigration('0100-decisions.sql') },
  { number: 101, name: 'explanations', sql: () => readMigration('0101-explanations.sql') },
  { number: 102, name: 'fairness', sql: () => readMigration('0102-fairness.sql') },
  { number: 103, name: 'oversight', sql: () => readMigration('0103-oversight.sql') },
  {
    number: 104,
    name: 'child-runs',
    sql: () => readMigration('0104-child-runs.sql'),
    // Must equal the condition of queries (src/store/runs/steps).
    indexes: [{ name: 'runs_for_parent', on: 'runs (status, id) where parent_waits = 1' }],
  },
  // An older server would not note late runs.
  { number: 105, name: 'noted-late-runs', sql: () => readMigration('0105-noted-late-runs.sql') },
  { number: 106, name: 'fewer-decision-indexes', sql: () => readMigration('0106-fewer-decision-indexes.sql') },
  // An older server would keep private views of a removed person.
  { number: 107, name: 'views', sql: () => readMigration('0107-views.sql') },
  // An older server would count attempts twice.
  { number: 108, name: 'counted-open-runs', sql: () => readMigration('0108-counted-open-runs.sql') },
  // An older server would not note which runs it erases.
  { number: 109, name: 'erased-runs', sql: () => readMigration('0109-erased-runs.sql') },
  // An older server would write durations in their old form.
  { number: 110, name: 'six-hours', sql: () => readMigration('0110-six-hours.sql') },
  // An older server would write decisions without a position.
  { number: 111, name: 'decision-positions', sql: () => readMigration('0111-decision-positions.sql') },
]

const ADVISORY_LOCK = 4400_0001

export const newestOf = (migrations: readonly Migration[]): number =>
  Math.max(...migrations.map(({ number }) => number))
export const NEWEST_MIGRATION = newestOf(MIGRATIONS)
const MINIMUM = newestOf(MIGRATIONS.filter(({ compatible }) => compatible !== true))

/**
 * Creates indexes of large tables after the transaction. Calls `backUp` before it changes existing tables. Throws a
 * StartError if the database is too old or too new.
 */
export async function migrate(
  database: Database,
  now: number,
  backUp: (from: number) => Promise<void>,
  migrations = MIGRATIONS,
): Promise<void> {
  const before = await database.maintain((db) => lockAndList(db, database))
  const isUpToDate = migrations.every(({ number }) => before.has(number))
  if (before.size > 0 && !isUpToDate) await backUp(Math.max(...before))
  await database.maintain(async (db) => {
    // Another server may have migrated first.
    const applied = await lockAndList(db, database)
    const missing = migrations.filter((migration) => !applied.has(migration.number))
    for (const { number, name, sql: text, indexes = [] } of missing) {
      for (const statement of listStatements(text(), database.engine)) await sql.raw(statement).execute(db)
      if (database.withoutTransaction === null)
        for (const index of indexes) await sql`create index ${sql.id(index.name)} on ${sql.raw(index.on)}`.execute(db)
      await db.insertInto('schema_migrations').values({ number, name, applied_at: now }).execute()
    }
    // The minimum of a newer database belongs to the newer program.
    if (missing.length > 0 && Math.max(...applied, 0) <= NEWEST_MIGRATION) await writeMinimum(db, MINIMUM)
  })
  const indexes = migrations.flatMap((migration) => migration.indexes ?? [])
  await makeIndexes(database, indexes)
}

export async function listMissing(database: Database, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const rows = await database.read((db) => db.selectFrom('schema_migrations').select('number').execute())
  const applied = new Set(rows.map(({ number }) => number))
  return migrations.filter(({ number }) => !applied.has(number))
}

/** Throws a StartError if the tables are of another release, which may encrypt other columns. */
export async function refuseOtherTables(database: Database): Promise<void> {
  const tables = await database.read((db) => db.introspection.getTables())
  if (!tables.some(({ name }) => name === 'schema_migrations')) {
    throw new StartError(
      'The database is empty, so there is nothing to rotate: check WORKFLOWS_DATA_DIR or DATABASE_URL.',
    )
  }
  const rows = await database.read((db) => db.selectFrom('schema_migrations').select('number').execute())
  const found = Math.max(...rows.map(({ number }) => number))
  if (found === NEWEST_MIGRATION) return
  throw new StartError(
    `The tables are of another release (they are at ${found}, those of this release at ${NEWEST_MIGRATION}): ${found > NEWEST_MIGRATION ? 'rotate the key with the newer release' : 'upgrade them first (npm run upgrade)'}. Nothing was changed.`,
  )
}

/** Throws a StartError if tables at `found` are older than the start. */
export function refuseOlder(what: 'backup' | 'database', found: number): void {
  if (found >= START) return
  throw new StartError(
    `The ${what} was written by an older release (its tables are at ${found}, this release needs ${START} or newer). Upgrade it with Workflows 0.2.0 first, then start this release.`,
  )
}

/** A newer program may have declared its tables compatible. */
async function refuseNewer(db: Db, applied: ReadonlySet<number>): Promise<void> {
  const found = Math.max(0, ...applied)
  if (found <= NEWEST_MIGRATION) return
  const minimum = await readMinimum(db)
  if (minimum !== null && minimum <= NEWEST_MIGRATION) return
  throw new StartError(
    `The database was written by a newer version of this program (its tables are at ${found}, this program knows ${NEWEST_MIGRATION}): start the newer version, or restore a backup from before the upgrade.`,
  )
}

async function lockAndList(db: Db, { engine }: Pick<Database, 'engine'>): Promise<ReadonlySet<number>> {
  if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(db)
  await db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute()
  const rows = await db.selectFrom('schema_migrations').select('number').execute()
  const applied = new Set(rows.map(({ number }) => number))
  if (applied.size > 0) refuseOlder('database', Math.max(...applied))
  await refuseNewer(db, applied)
  return applied
}
