import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { nextTickAfter } from '../../../domain/schedules/schedule.ts'
import type { Report } from '../../../domain/shared/measures.ts'
import { reasonOf } from '../../../errors.ts'
import { guard } from '../../../guard.ts'
import type { DatabaseOptions } from '../../database/database.ts'
import { backUp } from '../backup.ts'
import { namesLike } from './directory.ts'
import type { BackupFailure, BackupFailures } from './failures.ts'
import type { BackupPlace } from './kept.ts'

const guarded = guard('scheduled backups')

export type BackupOptions = DatabaseOptions & {
  readonly cron: string | null
  readonly place: BackupPlace
  readonly keep: number
  readonly secretKey: Buffer
  readonly failures: BackupFailures
  readonly log: Logger
  readonly now: () => number
  readonly report?: Report
}

export type ScheduledBackups = {
  /** The last attempt, if it failed. */
  readonly state: { readonly lastFailure: BackupFailure | null }
  close(): Promise<void>
}

/** Node fires longer timers immediately. */
const MAX_WAIT_MS = 24 * 3600 * 1000
const LEFT_IN_DATA = /^\.backup-\d{8}T\d{6}Z\.db(\.\d+\.part)?(-wal|-shm|-journal)?$/

export function startScheduledBackups(options: BackupOptions): ScheduledBackups {
  const { cron, place, failures, log, now } = options
  const stop = new AbortController()
  const state: { lastFailure: BackupFailure | null } = { lastFailure: null }
  removeCopies(options)
  const cleaned = cron === null && place.isRemote ? Promise.resolve() : removeLeftovers(options, stop.signal)
  if (cron === null) return { state, close: () => cleaned }
  const note = async (failure: BackupFailure | null) => {
    if (failure === null && state.lastFailure === null) return
    state.lastFailure = failure
    // A full disk refuses the backup, and perhaps the row in the database.
    await failures
      .keepBackupFailure(failure)
      .catch((error: unknown) => log.warn({ err: error }, 'the end of a backup could not be stored'))
  }
  const remember = async () => {
    state.lastFailure = await failures.readBackupFailure()
  }
  let timer: NodeJS.Timeout | null = null
  const next = (after: number) => nextTickAfter({ cron, timezone: 'UTC', overlap: 'skip', missed: 'none' }, 0, after)
  const work = async () => {
    try {
      const file = await backUpSealed(options, stop.signal)
      await note(null)
      options.report?.({ kind: 'backup', isFailed: false })
      log.info({ file }, 'the database was backed up')
    } catch (error) {
      if (stop.signal.aborted)
        return log.warn('the stop of the server ended a backup under way: the next start makes one at its time')
      await note({ at: now(), detail: reasonOf(error) })
      options.report?.({ kind: 'backup', isFailed: true })
      log.error({ err: error }, 'the scheduled backup failed')
    }
  }
  const wait = (due: number | null) => {
    if (due === null || stop.signal.aborted) return
    const ms = due - now()
    timer = guarded.setTimeout(
      () => {
        if (ms > MAX_WAIT_MS) return wait(due)
        underWay = work().then(() => wait(next(now())))
      },
      Math.min(Math.max(ms, 0), MAX_WAIT_MS),
    )
    timer.unref()
  }
  // The cleanup would treat an active upload as a leftover.
  let underWay: Promise<void> = cleaned
    .then(remember)
    .catch((error: unknown) => log.warn({ err: error }, 'the end of the last backup could not be read'))
    .then(() => wait(next(now())))
  return {
    state,
    async close() {
      stop.abort()
      if (timer !== null) clearTimeout(timer)
      await underWay
    },
  }
}

async function backUpSealed(options: BackupOptions, signal: AbortSignal): Promise<string> {
  const { place, keep, secretKey, now } = options
  const time = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')
  const plain = join(options.dataDir, `.backup-${time}.db`)
  const name = `workflows-${time}.db.enc`
  try {
    await backUp(options, plain, now())
    await place.put(name, { plain, secretKey }, signal)
  } finally {
    rmSync(plain, { force: true })
  }
  for (const { name } of (await place.list(signal)).slice(keep)) await place.remove(name, signal)
  return place.addressOf(name)
}

/** Call it while no backup is active. The directory lock excludes other servers. */
function removeCopies({ databaseUrl, dataDir, log }: BackupOptions): void {
  if (databaseUrl !== null) return
  const found = namesLike(dataDir, LEFT_IN_DATA).map((name) => join(dataDir, name))
  try {
    for (const file of found) rmSync(file, { force: true })
    if (found.length > 0) log.info({ files: found }, 'what an interrupted backup had left was removed')
  } catch (error) {
    log.warn({ err: error }, 'what an interrupted backup had left could not be removed')
  }
}

async function removeLeftovers({ place, log }: BackupOptions, signal: AbortSignal): Promise<void> {
  try {
    const found = await place.removeLeftovers(signal)
    if (found.length > 0) log.info({ files: found }, 'what an interrupted backup had left was removed')
  } catch (error) {
    log.warn({ err: error }, 'what an interrupted backup had left could not be removed')
  }
}
