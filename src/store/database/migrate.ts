/** Migrates the tables of a database. */

import { sql } from 'kysely'
import { StartError } from '../../errors.ts'
import { readMinimum, writeMinimum } from '../servers/minimum.ts'
import type { Database } from './database.ts'
import { makeIndexes } from './engines/postgres-indexes.ts'
import { addWorkflowColumn, type Migration } from './migration.ts'
import { runStats } from './migrations/0011-run-stats.ts'
import { auditRetention } from './migrations/0012-audit-retention.ts'
import { auditIndexes, signInLimits } from './migrations/0019-accounts.ts'
import { testRuns } from './migrations/0023-test-runs.ts'
import { runLabels } from './migrations/0031-run-labels.ts'
import { sampleRequests } from './migrations/0032-sample-requests.ts'
import { alerts } from './migrations/0033-alerts.ts'
import { privacy } from './migrations/0034-privacy.ts'
import { versionFiles } from './migrations/0035-version-files.ts'
import { sharedSettings } from './migrations/0036-shared-settings.ts'
import { lanes } from './migrations/0040-lanes.ts'
import { traces } from './migrations/0041-traces.ts'
import { workflowLists } from './migrations/0065-workflow-lists.ts'
import { codeDrafts } from './migrations/app/0046-code-drafts.ts'
import { runSearch } from './migrations/app/0047-run-search.ts'
import { languages } from './migrations/app/0061-languages.ts'
import { draftFiles } from './migrations/app/0063-draft-files.ts'
import { auditChanges } from './migrations/app/0077-audit-changes.ts'
import { formerSecrets } from './migrations/app/0086-former-secrets.ts'
import { sharedEditors } from './migrations/app/0087-shared-editors.ts'
import { initial } from './migrations/before-0010/0001-initial.ts'
import { keeping } from './migrations/before-0010/0002-keeping.ts'
import { senderChecks } from './migrations/before-0010/0003-sender-checks.ts'
import { idempotency } from './migrations/before-0010/0004-idempotency.ts'
import { asyncAnswers } from './migrations/before-0010/0005-async-answers.ts'
import { retries } from './migrations/before-0010/0006-retries.ts'
import { people } from './migrations/before-0010/0007-people.ts'
import { cancelRequests } from './migrations/before-0010/0009-cancel-requests.ts'
import { packages } from './migrations/packages/0027-packages.ts'
import { runMemory } from './migrations/packages/0044-run-memory.ts'
import { serverFacts } from './migrations/servers/0080-server-facts.ts'
import { queuedOfWorkflow } from './migrations/servers/0083-queued-of-workflow.ts'
import { waitingVersions } from './migrations/servers/0088-waiting-versions.ts'
import { outgoingCalls } from './migrations/trials/0051-outgoing-calls.ts'
import { trials } from './migrations/trials/0052-trials.ts'
import { canaries } from './migrations/trials/0067-canaries.ts'
import { canaryAlerts } from './migrations/trials/0068-canary-alerts.ts'
import type { Db } from './tables.ts'

const MIGRATIONS: readonly Migration[] = [
  initial,
  keeping,
  senderChecks,
  idempotency,
  asyncAnswers,
  retries,
  people,
  cancelRequests,
  runStats,
  auditRetention,
  addWorkflowColumn(16, 'egress_json', { type: 'text' }),
  auditIndexes,
  signInLimits,
  addWorkflowColumn(21, 'editors_json', { type: 'text' }),
  testRuns,
  packages,
  addWorkflowColumn(28, 'memory_mib', { type: 'integer', preset: 512 }),
  addWorkflowColumn(29, 'variables_json', { type: 'text' }),
  runLabels,
  sampleRequests,
  alerts,
  privacy,
  versionFiles,
  sharedSettings,
  lanes,
  traces,
  runMemory,
  addWorkflowColumn(49, 'request_schema_json', { type: 'text' }),
  codeDrafts,
  draftFiles,
  outgoingCalls,
  runSearch,
  trials,
  workflowLists,
  languages,
  canaries,
  canaryAlerts,
  serverFacts,
  auditChanges,
  queuedOfWorkflow,
  formerSecrets,
  sharedEditors,
  waitingVersions,
]
/** Arbitrary number of the migration lock. */
const ADVISORY_LOCK = 4400_0001

export const NEWEST_MIGRATION = Math.max(...MIGRATIONS.map(({ number }) => number))
/** Programs that do not know this migration must not use the database. */
const MINIMUM = Math.max(...MIGRATIONS.filter(({ compatible }) => compatible !== true).map(({ number }) => number))

/**
 * Applies missing migrations in one transaction, then creates the indexes of large tables. Calls `backUp` before it
 * changes existing tables. Throws a StartError if the database is newer than the program.
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
    for (const { number, name, up, indexes = [] } of missing) {
      await up(db, database.engine)
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

export async function listMissing(database: Database): Promise<readonly Migration[]> {
  const rows = await database.read((db) => db.selectFrom('schema_migrations').select('number').execute())
  const applied = new Set(rows.map(({ number }) => number))
  return MIGRATIONS.filter(({ number }) => !applied.has(number))
}

/** A newer program may have declared its tables compatible with this one. */
async function refuseNewer(db: Db, applied: ReadonlySet<number>): Promise<void> {
  const found = Math.max(0, ...applied)
  if (found <= NEWEST_MIGRATION) return
  const minimum = await readMinimum(db)
  if (minimum !== null && minimum <= NEWEST_MIGRATION) return
  throw new StartError(
    `The database was written by a newer version of this program (its tables are at ${found}, this program knows ${NEWEST_MIGRATION}): start the newer version, or restore a backup from before the upgrade.`,
  )
}

/** Locks until the transaction ends, because simultaneous servers would create the same table. */
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
  await refuseNewer(db, applied)
  return applied
}
