import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { StartError } from '../../errors.ts'
import type { DatabaseOptions } from '../database/database.ts'
import { openDatabase } from '../database/engines/open.ts'
import { DATABASE_FILE } from '../database/engines/sqlite.ts'
import { listMissing, MIGRATIONS, migrate, newestOf } from '../database/migrations/migrate.ts'
import type { Migration } from '../database/migrations/migration.ts'
import { backUp, backUpBeforeUpgrade } from './backup.ts'
import { readFacts } from './database-facts.ts'
import { databaseBytes } from './retention.ts'

export type UpgradeReport = {
  readonly to: number
  readonly migrations: readonly string[]
  readonly isCompatible: boolean
  readonly ms: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

export type UpgradeTrial = UpgradeReport & {
  /** Null: PostgreSQL's disk is remote. */
  readonly freeBytes: number | null
}

/** Migrates a copy in the empty directory `scratch`, even while the server runs. */
export async function tryUpgradeOfFile(
  dataDir: string,
  scratch: string,
  now: number,
  migrations = MIGRATIONS,
): Promise<UpgradeTrial> {
  const file = join(scratch, DATABASE_FILE)
  await backUp({ databaseUrl: null, dataDir }, file, now)
  const report = await apply({ databaseUrl: null, dataDir: scratch }, now, async () => {}, migrations)
  const copy = new DatabaseSync(file, { readOnly: true })
  try {
    readFacts(copy)
  } finally {
    copy.close()
  }
  const { bavail, bsize } = statfsSync(dataDir)
  return { ...report, freeBytes: bavail * bsize }
}

/** `copyUrl` must not be `databaseUrl`. */
export async function tryUpgradeOfCopy(
  databaseUrl: string,
  copyUrl: string,
  now: number,
  migrations = MIGRATIONS,
): Promise<UpgradeTrial> {
  if ((await nameOf(databaseUrl)) === (await nameOf(copyUrl)))
    throw new StartError('WORKFLOWS_UPGRADE_COPY_URL is the database that the servers use: expected a copy of it.')
  const report = await apply({ databaseUrl: copyUrl, dataDir: '' }, now, async () => {}, migrations)
  return { ...report, freeBytes: null }
}

export async function upgrade(options: DatabaseOptions, now: number, migrations = MIGRATIONS): Promise<UpgradeReport> {
  const backUpFirst = async (from: number): Promise<void> => {
    if (options.databaseUrl === null) await backUpBeforeUpgrade(options.dataDir, from, now)
  }
  return await apply(options, now, backUpFirst, migrations)
}

async function apply(
  options: DatabaseOptions,
  now: number,
  backUpFirst: (from: number) => Promise<void>,
  migrations: readonly Migration[],
): Promise<UpgradeReport> {
  const database = await openDatabase(options)
  try {
    const tables = await database.read((db) => db.introspection.getTables())
    if (!tables.some(({ name }) => name === 'schema_migrations'))
      throw new StartError('The database is empty: start the server, which makes its tables.')
    const bytes = () => database.read(databaseBytes)
    const missing = await listMissing(database, migrations)
    const bytesBefore = await bytes()
    const start = performance.now()
    await migrate(database, now, backUpFirst, migrations)
    const ms = performance.now() - start
    return {
      to: newestOf(migrations),
      migrations: missing.map(({ number, name }) => `${number} ${name}`),
      isCompatible: missing.every(({ compatible }) => compatible === true),
      ms,
      bytesBefore,
      bytesAfter: await bytes(),
    }
  } finally {
    await database.close()
  }
}

async function nameOf(databaseUrl: string): Promise<string> {
  const database = await openDatabase({ databaseUrl, dataDir: '' })
  try {
    return await database.read(async (db) => {
      const { rows } = await sql<{ name: string }>`
        select system_identifier || ' ' || current_database() as name from pg_control_system()`.execute(db)
      return rows[0]?.name ?? ''
    })
  } finally {
    await database.close()
  }
}
