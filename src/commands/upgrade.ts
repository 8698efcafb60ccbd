import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, parseConfig, readEnvironment } from '../config.ts'
import { StartError } from '../errors.ts'
import * as upkeep from '../store/upkeep/upgrade.ts'
import { print } from './print.ts'

type UpgradeFlags = {
  readonly check: boolean
  /** The program cannot verify a PostgreSQL backup. */
  readonly backedUp: boolean
}

const DUMP = 'pg_dump --format=custom --file=workflows.dump --dbname=…'

export async function upgrade({ check, backedUp }: UpgradeFlags): Promise<void> {
  const { database } = parseConfig(readEnvironment())
  if (check) return report(await tryIt(database))
  if (database.databaseUrl !== null && !backedUp) {
    throw new StartError(`Back PostgreSQL up first (${DUMP}), then call it again with --backed-up.`)
  }
  const { migrations, to, ms } = await upkeep.upgrade(database, Date.now())
  print(
    migrations.length === 0
      ? `The tables are up to date (${to}): nothing was changed.`
      : `${countOf(migrations)} in ${seconds(ms)}: the tables are at ${to}. ${database.databaseUrl === null ? `The database as it was is in ${join(database.dataDir, 'backups')}. ` : ''}Start the server now.`,
  )
}

async function tryIt({ databaseUrl, directUrl, copyUrl, dataDir }: Config['database']): Promise<upkeep.UpgradeTrial> {
  if (databaseUrl === null) {
    // /tmp may be memory.
    const scratch = mkdtempSync(join(dataDir, 'upgrade-'))
    try {
      return await upkeep.tryUpgradeOfFile(dataDir, scratch, Date.now())
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  }
  const url = directUrl ?? databaseUrl
  if (copyUrl !== null) return await upkeep.tryUpgradeOfCopy(url, copyUrl, Date.now())
  throw new StartError(
    `With PostgreSQL the trial needs a copy: restore your newest backup into another database (createdb workflows_copy, ${DUMP}, pg_restore --dbname=workflows_copy workflows.dump) and set WORKFLOWS_UPGRADE_COPY_URL to its URL.`,
  )
}

function report(trial: upkeep.UpgradeTrial): void {
  for (const line of describeTrial(trial)) print(line)
  const { bytesBefore, bytesAfter, freeBytes } = trial
  if (freeBytes !== null && neededBytes(bytesBefore, bytesAfter) > freeBytes)
    throw new StartError('There is not enough room on the disk: make some first.')
}

export function describeTrial(trial: upkeep.UpgradeTrial): readonly string[] {
  const { migrations, isCompatible, to, ms, bytesBefore, bytesAfter, freeBytes } = trial
  const lines =
    migrations.length === 0
      ? [`The tables are up to date (${to}). Nothing was changed.`]
      : [
          `On a copy, ${countOf(migrations)} took ${seconds(ms)}: ${migrations.join(', ')}.`,
          isCompatible
            ? 'Servers of the release before may go on beside it, and may be started again.'
            : 'Servers of the release before must not work beside it: stop all of them first. There is no way back but the backup.',
        ]
  lines.push(`The database: ${mebibytes(bytesBefore)} before, ${mebibytes(bytesAfter)} after.`)
  if (freeBytes !== null)
    lines.push(
      `The upgrade needs up to ${mebibytes(neededBytes(bytesBefore, bytesAfter))} of the disk (its backup, and the changed pages twice); ${mebibytes(freeBytes)} are free.`,
    )
  return lines
}

/** The backup, the tables' growth, and the changed pages in the SQLite log. */
const neededBytes = (before: number, after: number): number => before + 2 * after
const countOf = ({ length }: readonly unknown[]): string => (length === 1 ? '1 migration' : `${length} migrations`)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2).toLocaleString('en')} MiB`
