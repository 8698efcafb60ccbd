import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { reasonOf, StartError } from '../../errors.ts'
import type { DatabaseOptions } from '../database/database.ts'
import { DATABASE_FILE } from '../database/engines/sqlite.ts'
import { type DatabaseFacts, readFacts } from './database-facts.ts'

/** A copy in several steps restarts whenever the server writes. */
const ALL_PAGES = 2 ** 31 - 1
const BEFORE_UPGRADES = 'backups'
const KEPT_BEFORE_UPGRADES = 3

export type Backup = DatabaseFacts & { readonly bytes: number }

/** On failure it throws a StartError and leaves no file. */
export async function backUp({ databaseUrl, dataDir }: DatabaseOptions, file: string, now: number): Promise<Backup> {
  if (databaseUrl !== null) {
    throw new StartError(
      'DATABASE_URL is set, so everything is in PostgreSQL, which has its own tool: pg_dump --format=custom --file=FILE --dbname=… (and pg_restore). See docs/operate/backups.md.',
    )
  }
  const source = join(dataDir, DATABASE_FILE)
  if (!existsSync(source) || statSync(source).size === 0) {
    throw new StartError(
      `There is no database in ${dataDir} to back up: set WORKFLOWS_DATA_DIR to the server's data directory.`,
    )
  }
  if (existsSync(file)) throw new StartError(`${file} exists already and is not written over: choose another name.`)
  return await copyDatabase(source, file, now)
}

export async function backUpBeforeUpgrade(dataDir: string, from: number, now: number): Promise<void> {
  const directory = join(dataDir, BEFORE_UPGRADES)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const file = join(directory, `${time}-before-upgrade-from-${from}.db`)
  await copyDatabase(join(dataDir, DATABASE_FILE), file, now)
  const ours = readdirSync(directory).filter((name) => /^\d{8}T\d{6}Z-before-upgrade-from-\d+\.db$/.test(name))
  for (const name of ours.sort().slice(0, -KEPT_BEFORE_UPGRADES)) rmSync(join(directory, name))
}

async function copyDatabase(source: string, file: string, now: number): Promise<Backup> {
  const draft = `${file}.${process.pid}.part`
  try {
    // It contains people's requests in plain text.
    closeSync(openSync(draft, 'wx', 0o600))
    await copyPages(source, draft)
    const facts = finishCopy(draft, now)
    flush(draft)
    // Unlike a rename, a link replaces no existing file.
    linkSync(draft, file)
    flush(dirname(file))
    return { ...facts, bytes: statSync(file).size }
  } catch (error) {
    if (error instanceof StartError) throw error
    const why = reasonOf(error)
    throw new StartError(
      `The backup ${file} could not be written (${why}): check that its directory exists, is writable and has ${statSync(source).size} bytes free.`,
    )
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${suffix}`, { force: true })
  }
}

async function copyPages(source: string, draft: string): Promise<void> {
  const database = new DatabaseSync(source, { timeout: 5000 })
  try {
    await backup(database, draft, { rate: ALL_PAGES })
  } finally {
    database.close()
  }
}

function finishCopy(draft: string, now: number): DatabaseFacts {
  const copy = new DatabaseSync(draft)
  try {
    copy.exec('PRAGMA journal_mode = DELETE')
    copy
      .prepare(
        "INSERT INTO meta (key, value) VALUES ('backup', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      )
      .run(Buffer.from(new Date(now).toISOString()))
    return readFacts(copy)
  } finally {
    copy.close()
  }
}

export function flush(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
