/** `restore FILE`: replaces the database with a backup, while no server runs. */

import { type Config, calledFrom, parseConfig, readEnvironment } from '../config.ts'
import { StartError } from '../errors.ts'
import { readSecretKey } from '../store/secrets/secret-key.ts'
import { type Restored, restore as restoreFile } from '../store/upkeep/restore.ts'

export async function restore(file: string, { replace }: { replace: boolean }): Promise<void> {
  const environment = readEnvironment()
  const config = parseConfig(environment)
  const path = calledFrom(environment, file)
  const { databaseUrl, dataDir } = config
  const restored = await restoreFile({
    databaseUrl,
    dataDir,
    file: path,
    secretKey: config.secretKey ?? keyOf(config),
    replace,
    now: Date.now(),
  })
  report(restored, path, dataDir)
}

function keyOf({ dataDir }: Config): Buffer {
  const key = readSecretKey(dataDir)
  if (key !== null) return key
  throw new StartError(
    `The backup's settings need their secret key: put its secret.key into ${dataDir} first, or set WORKFLOWS_SECRET_KEY.`,
  )
}

function report(
  { madeAt, lostRuns, activeKeys, revokedKeys, replaced }: Restored,
  path: string,
  dataDir: string,
): void {
  console.log(`Restored ${path}${madeAt === null ? '' : `, made at ${madeAt},`} into ${dataDir}. Start the server now.`)
  if (replaced !== null) console.log(`The former database is ${replaced}.`)
  if (lostRuns > 0)
    console.log(`${lostRuns} run(s) that were queued or running at that time are marked as lost. They can be replayed.`)
  list('These API keys stay revoked, as in the former database', revokedKeys)
  list('These API keys work. Revoke those that were revoked after the backup was made', activeKeys)
  console.log(
    'Hook URLs that were rotated, and people who were removed, after the backup was made are also active again. Check them.',
  )
}

function list(title: string, keys: readonly string[]): void {
  if (keys.length > 0) console.log(`${title}:\n${keys.map((key) => `  ${key}`).join('\n')}`)
}
