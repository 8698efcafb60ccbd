/** Encrypted backups of the SQLite database at set times, of which the newest are kept. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Logger } from 'pino'
import type { Report } from '../../domain/measures.ts'
import { nextTickAfter } from '../../domain/schedules/schedule.ts'
import type { DatabaseOptions } from '../database/database.ts'
import { backUp, flush } from './backup.ts'
import { sealFile } from './sealed-file.ts'

export type BackupOptions = DatabaseOptions & {
  /** In UTC; null: there are none. */
  readonly cron: string | null
  readonly directory: string
  /** How many are kept. */
  readonly keep: number
  readonly secretKey: Buffer
  readonly log: Logger
  readonly now: () => number
  readonly report?: Report
}

export type ScheduledBackups = {
  /** When the newest backup of this process was made, in milliseconds; null: none yet. And how many failed since the start. */
  readonly state: { readonly lastAt: number | null; readonly failures: number }
  close(): Promise<void>
}

/** A timer of Node that is longer fires at once. */
const MAX_WAIT_MS = 24 * 3600 * 1000
const NAME = /^workflows-\d{8}T\d{6}Z\.db\.enc$/
/** What a process that was killed in the middle of a backup leaves: the copy in clear, and the part that is encrypted. */
const LEFT_IN_DATA = /^\.backup-\d{8}T\d{6}Z\.db(\.\d+\.part)?(-wal|-shm|-journal)?$/
const LEFT_AMONG_BACKUPS = /^workflows-\d{8}T\d{6}Z\.db\.enc\.part$/

/** A backup that fails is logged, and the next one is made at its time. */
export function startScheduledBackups(options: BackupOptions): ScheduledBackups {
  const { cron, log, now } = options
  removeLeftovers(options)
  const state: { lastAt: number | null; failures: number } = { lastAt: null, failures: 0 }
  if (cron === null) return { state, close: async () => {} }
  let timer: NodeJS.Timeout | null = null
  let underWay: Promise<void> = Promise.resolve()
  const next = (after: number) => nextTickAfter({ cron, timezone: 'UTC', overlap: 'skip', missed: 'none' }, 0, after)
  const work = async () => {
    try {
      const file = await backUpSealed(options)
      state.lastAt = now()
      options.report?.({ kind: 'backup', isFailed: false })
      log.info({ file }, 'the database was backed up')
    } catch (error) {
      state.failures += 1
      options.report?.({ kind: 'backup', isFailed: true })
      log.error({ err: error }, 'the scheduled backup failed')
    }
  }
  const wait = (due: number | null) => {
    if (due === null) return
    const ms = due - now()
    timer = setTimeout(
      () => {
        if (ms > MAX_WAIT_MS) return wait(due)
        underWay = work().then(() => wait(next(now())))
      },
      Math.min(Math.max(ms, 0), MAX_WAIT_MS),
    )
    timer.unref()
  }
  wait(next(now()))
  return {
    state,
    async close() {
      const last = underWay
      if (timer !== null) clearTimeout(timer)
      await last
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** Makes one backup and removes those that are too many. Returns its path. */
async function backUpSealed(options: BackupOptions): Promise<string> {
  const { directory, keep, secretKey, now } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const time = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')
  const plain = join(options.dataDir, `.backup-${time}.db`)
  const file = join(directory, `workflows-${time}.db.enc`)
  const part = `${file}.part`
  try {
    await backUp(options, plain, now())
    await sealFile(plain, part, secretKey)
    renameSync(part, file)
    flush(directory)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  } finally {
    rmSync(plain, { force: true })
  }
  const ours = readdirSync(directory).filter((name) => NAME.test(name))
  for (const name of ours.sort().slice(0, -keep)) rmSync(join(directory, name))
  return file
}

export type KeptBackup = { readonly name: string; readonly at: number; readonly bytes: number }

/** The scheduled backups in a directory, the newest first. */
export function listBackups(directory: string): readonly KeptBackup[] {
  return filesLike(directory, NAME)
    .flatMap((file) => {
      const found = statSync(file, { throwIfNoEntry: false })
      return found === undefined ? [] : [{ name: basename(file), at: found.mtimeMs, bytes: found.size }]
    })
    .sort((one, other) => other.at - one.at)
}

/** Call it where no backup is under way: the lock on the data directory keeps other servers out. */
function removeLeftovers({ databaseUrl, dataDir, directory, log }: BackupOptions): void {
  if (databaseUrl !== null) return
  const found = [...filesLike(dataDir, LEFT_IN_DATA), ...filesLike(directory, LEFT_AMONG_BACKUPS)]
  try {
    for (const file of found) rmSync(file, { force: true })
    if (found.length > 0) log.info({ files: found }, 'what an interrupted backup had left was removed')
  } catch (error) {
    log.warn({ err: error }, 'what an interrupted backup had left could not be removed')
  }
}

const filesLike = (directory: string, name: RegExp): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((one) => name.test(one))
        .map((one) => join(directory, one))
    : []
