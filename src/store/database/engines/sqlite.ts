import { chmodSync, closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { SqliteDialect } from 'kysely'
import { reasonOf, StartError, UserError } from '../../../errors.ts'
import { type HeldLock, holdLock } from '../../../held-lock.ts'
import type { Database, SignalLine } from '../database.ts'
import { makeDirectory } from '../directory.ts'
import type { Marks } from '../groups/mark.ts'
import { writeRow } from '../groups/rows.ts'
import { databaseUnavailable } from '../unavailable.ts'
import { createGroupCommit } from './group-commit.ts'
import { createDialect, createQueries } from './sqlite-dialect.ts'

export const DATABASE_FILE = 'workflows.db'
const LOCK_FILE = 'workflows.lock'
const BUSY_TIMEOUT_MS = 5000

export async function openSqlite(dataDir: string): Promise<Database> {
  const lock = lockDirectory(dataDir)
  try {
    const writer = openFile(dataDir)
    const log = openLog(dataDir, writer)
    const reader = openFile(dataDir)
    reader.exec('PRAGMA query_only = ON')
    const readDb = createQueries(reader)
    const versions = countVersions()
    const db = createQueries(writer, versions.see)
    const flush = (alone: boolean) => {
      versions.commit()
      return log.flush(alone)
    }
    const commits = createGroupCommit({ connection: writer, db, flush, translate: toUserError })
    return {
      engine: 'sqlite',
      async read(query) {
        const found = await query(readDb).catch((error: unknown) => Promise.reject(toUserError(error)))
        // A power failure could still undo the commit.
        await commits.flushed()
        return found
      },
      write: (unit) => commits.write(unit),
      writeStatement: null,
      openRows: (write) => (row) => commits.write((db) => writeRow(db, write, row)),
      writeApart: commits.write,
      maintain: commits.write,
      withoutTransaction: null,
      marks: versions.marks,
      signals: NO_PEERS,
      connections: () => null,
      async close() {
        await commits.drain()
        if (!writer.isOpen) return
        log.close()
        for (const connection of [reader, writer, lock]) connection.close()
      },
    }
  } catch (error) {
    lock.close()
    throw asStartError(error, dataDir)
  }
}

const COUNTED = /\b(?:into|update|delete from|table)\s+"?(?:workflows|settings|settings_totals)"?(?![\w"])/i

/** The number of commits that changed workflows or settings. */
function countVersions() {
  let version = 0
  let isChanged = false
  const note = () => {
    isChanged = true
  }
  return {
    marks: {
      of: async () => ({ workflow: String(version), settings: String(version) }),
      begin: () => {
        const before = String(version)
        return () => before
      },
      note: () => {},
      noted: () => null,
    } satisfies Marks,
    see: (sql: string): (() => void) | null => (COUNTED.test(sql) ? note : null),
    commit: () => {
      if (isChanged) version += 1
      isChanged = false
    },
  }
}

const NO_PEERS: SignalLine = { send: () => {}, listen: () => () => {}, close: async () => {} }

export function lockDirectory(dataDir: string): HeldLock {
  prepareDirectory(dataDir)
  return takeLock(dataDir)
}

export function openSqliteForAuth(dataDir: string): SqliteDialect {
  return createDialect(openFile(dataDir))
}

function prepareDirectory(dataDir: string): void {
  try {
    makeDirectory(dataDir)
    for (const name of [DATABASE_FILE, LOCK_FILE]) {
      // SQLite's companion files get the mode of the database.
      closeSync(openSync(join(dataDir, name), 'a', 0o600))
      chmodSync(join(dataDir, name), 0o600)
    }
  } catch (error) {
    throw asStartError(error, dataDir)
  }
}

function takeLock(dataDir: string): HeldLock {
  const lock = tryLock(dataDir)
  if (lock !== null) return lock
  throw new StartError(
    `Another server is using the data directory ${dataDir}: stop it first, or set WORKFLOWS_DATA_DIR to another directory.`,
  )
}

function tryLock(dataDir: string): HeldLock | null {
  try {
    return holdLock(join(dataDir, LOCK_FILE))
  } catch (error) {
    throw asStartError(error, dataDir)
  }
}

function openFile(dataDir: string): DatabaseSync {
  const database = new DatabaseSync(join(dataDir, DATABASE_FILE), { timeout: BUSY_TIMEOUT_MS })
  // Needed at creation to return space later. Costs each run 4 % of processor time.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
  `)
  const expected = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: BUSY_TIMEOUT_MS }
  for (const [name, value] of Object.entries(expected)) {
    const found = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
    if (found !== value) {
      database.close()
      throw new StartError(
        `SQLite did not take PRAGMA ${name} = ${value} (it says ${found}): results would not be safe on this file system.`,
      )
    }
  }
  return database
}

const flushFile = promisify(fdatasync)
/** After a slower one, the next runs in a thread. */
const SHORT_FLUSH_MS = 0.5

/**
 * Flushes outside the writer keep the event loop free. In WAL mode `synchronous = NORMAL` only omits the flush of a
 * commit. The log remains the same file while a connection is open.
 */
function openLog(dataDir: string, writer: DatabaseSync): { flush(alone: boolean): Promise<void>; close(): void } {
  // A log of 16 MiB combines many changes of a page.
  writer.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; SELECT name FROM sqlite_schema')
  const file = openSync(join(dataDir, `${DATABASE_FILE}-wal`), 'r+')
  let lastMs = Number.POSITIVE_INFINITY
  return {
    async flush(alone) {
      const from = performance.now()
      try {
        // For a single caller a thread only adds latency: 1.12 ms a call instead of 1.00.
        if (alone && lastMs < SHORT_FLUSH_MS) fdatasyncSync(file)
        else await flushFile(file)
      } catch (error) {
        throw flushFailed(error)
      }
      lastMs = performance.now() - from
    },
    close: () => closeSync(file),
  }
}

function flushFailed(error: unknown): UserError {
  const why = reasonOf(error)
  const detail = `The disk failed to keep what was written (${why}): check it, then start the server again.`
  return new UserError('unavailable', detail, {}, error)
}

/** https://www.sqlite.org/rescode.html */
const SQLITE = { damaged: 11, noDatabase: 26 } as const
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [5, 'something else holds its lock'],
  [7, 'there is no memory left'],
  [8, 'it is read-only'],
  [10, 'its disk reports an error'],
  [11, 'its file is damaged'],
  [13, 'its disk is full'],
  [14, 'its file cannot be opened'],
  [26, 'its file is no database'],
])

function resultCode(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null
  return typeof code === 'number' ? code & 0xff : null
}

export function toUserError(error: unknown): unknown {
  const why = UNAVAILABLE.get(resultCode(error) ?? 0)
  return why === undefined ? error : databaseUnavailable(why, error)
}

function asStartError(error: unknown, dataDir: string): unknown {
  if (error instanceof StartError) return error
  const why = reasonOf(error)
  const code = resultCode(error)
  if (code === SQLITE.damaged || code === SQLITE.noDatabase) {
    return new StartError(
      `The database ${join(dataDir, DATABASE_FILE)} is damaged (${why}): check the disk, then bring back the newest backup with npm run restore -- FILE --replace, which keeps the damaged one aside.`,
    )
  }
  return new StartError(
    `The data directory ${dataDir} cannot be used (${why}): make it writable for this user, or set WORKFLOWS_DATA_DIR to another directory.`,
  )
}
