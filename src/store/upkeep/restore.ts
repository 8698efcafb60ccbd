import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from '../../errors.ts'
import type { Database, DatabaseOptions } from '../database/database.ts'
import { openDatabase } from '../database/engines/open.ts'
import { DATABASE_FILE, lockDirectory } from '../database/engines/sqlite.ts'
import { migrate, NEWEST_MIGRATION, refuseOlder } from '../database/migrations/migrate.ts'
import { holdWaiting } from '../runs/steps/held.ts'
import { createKeyring, keyIdOfSecret } from '../secrets/encryption.ts'
import { refuseWrongKey, renewKeyCheck } from '../secrets/key-check.ts'
import { flush } from './backup.ts'
import { type DatabaseFacts, readFacts } from './database-facts.ts'
import { rewriteAll } from './key-rotation.ts'

export type RestoreOptions = DatabaseOptions & {
  readonly file: string
  readonly secretKey: Buffer
  readonly formerKeys?: readonly Buffer[]
  /** If false, existing data prevents the restore. */
  readonly replace: boolean
  readonly now: number
}

export type Restored = DatabaseFacts & {
  /** Queued or running at the backup. */
  readonly lostRuns: number
  /** Valid after the restore. `revokedKeys` stay revoked. */
  readonly activeKeys: readonly string[]
  readonly revokedKeys: readonly string[]
  readonly replaced: string | null
}

/** Tables before this migration have no waiting runs. */
const STEPS = 98

const LOST =
  'It was queued or under way when the backup was made that was restored: what became of it then is not known.'

/** Throws a StartError without changes if a server uses the directory, a database exists, or the backup is unusable. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { dataDir, file, replace, now } = options
  if (options.databaseUrl !== null) {
    throw new StartError(
      'DATABASE_URL is set, so everything is in PostgreSQL, which has its own tool: pg_restore. See docs/operate/backups.md.',
    )
  }
  const target = join(dataDir, DATABASE_FILE)
  const lock = lockDirectory(dataDir)
  const staging = join(dataDir, `restoring-${process.pid}`)
  try {
    const isThere = statSync(target).size > 0
    if (isThere && !replace) {
      throw new StartError(
        `${dataDir} holds a database already: add --replace to move it aside, or set WORKFLOWS_DATA_DIR to another directory.`,
      )
    }
    const facts = stage(file, staging)
    const prepared = await prepareStaged(options, staging, facts, isThere ? target : null)
    const replaced = isThere ? moveAside(target, now) : null
    renameSync(join(staging, DATABASE_FILE), target)
    flush(dataDir)
    return { ...facts, ...prepared, replaced }
  } finally {
    rmSync(staging, { recursive: true, force: true })
    lock.close()
  }
}

function stage(file: string, staging: string): DatabaseFacts {
  if (!existsSync(file)) throw new StartError(`There is no file ${file} to restore.`)
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(staging, { mode: 0o700 })
  const copy = join(staging, DATABASE_FILE)
  copyFileSync(file, copy)
  chmodSync(copy, 0o600)
  const database = new DatabaseSync(copy)
  try {
    const facts = readFacts(database)
    refuseOlder('backup', facts.migration)
    if (facts.migration <= NEWEST_MIGRATION) return facts
    throw new StartError(
      `The backup was made by a newer version of this program (its tables are at ${facts.migration}, this program knows ${NEWEST_MIGRATION}): restore it with that version.`,
    )
  } finally {
    database.close()
  }
}

async function prepareStaged(
  { secretKey, formerKeys = [], now }: RestoreOptions,
  staging: string,
  { keyId, migration }: DatabaseFacts,
  former: string | null,
): Promise<Pick<Restored, 'lostRuns' | 'activeKeys' | 'revokedKeys'>> {
  const revoked = former === null ? [] : readRevokedKeys(former)
  const database = await openDatabase({ databaseUrl: null, dataDir: staging })
  try {
    const own = createKeyring(secretKey)
    const formerKey = keyId === own.id ? undefined : formerKeys.find((key) => keyIdOfSecret(key) === keyId)
    if (formerKey === undefined) await refuseWrongKey(database, own)
    else await takeToKey(database, secretKey, formerKey, now)
    return await database.write(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('runs')
        .set({ status: 'lost', code: 'lost', message_json: JSON.stringify(LOST), finished_at: now })
        .where('status', 'in', ['queued', 'running'])
        .executeTakeFirst()
      if (migration >= STEPS || formerKey !== undefined) await holdWaiting(db)
      await db.deleteFrom('servers').execute()
      const keys = await db
        .selectFrom('api_keys')
        .select(['id', 'name', 'prefix'])
        .where('revoked_at', 'is', null)
        .execute()
      const again = keys.filter(({ id }) => revoked.includes(id))
      for (const { id } of again)
        await db.updateTable('api_keys').set({ revoked_at: now }).where('id', '=', id).execute()
      const named = (some: typeof keys) => some.map(({ name, prefix }) => `${name} (${prefix}…)`)
      return {
        lostRuns: Number(numUpdatedRows),
        activeKeys: named(keys.filter((key) => !again.includes(key))),
        revokedKeys: named(again),
      }
    })
  } finally {
    await database.close()
  }
}

/** The key was rotated after the backup. Rotation needs the tables of this release. */
async function takeToKey(database: Database, secretKey: Buffer, formerKey: Buffer, now: number): Promise<void> {
  const keyring = createKeyring(secretKey, [formerKey])
  await refuseWrongKey(database, keyring)
  await migrate(database, now, async () => {})
  await rewriteAll(database, keyring)
  await renewKeyCheck(database, keyring)
}

/** The old database may be unreadable, hence the restore. */
function readRevokedKeys(file: string): readonly unknown[] {
  try {
    const database = new DatabaseSync(file)
    try {
      const rows = database.prepare('SELECT id FROM api_keys WHERE revoked_at IS NOT NULL').all()
      return rows.map(({ id }) => id)
    } finally {
      database.close()
    }
  } catch {
    return []
  }
}

function moveAside(target: string, now: number): string {
  const aside = `${target}.replaced-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}`
  // Links first, so that a database always exists: the next start would create one.
  linkSync(target, aside)
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(`${target}${suffix}`)) renameSync(`${target}${suffix}`, `${aside}${suffix}`)
  }
  return aside
}
