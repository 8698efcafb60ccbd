import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, calledFrom, parseConfig, readEnvironment } from '../config.ts'
import { StartError } from '../errors.ts'
import { readFormerKeys, readSecretKey } from '../store/secrets/secret-key.ts'
import { downloadBackup } from '../store/upkeep/backups/bucket.ts'
import { openBackups } from '../store/upkeep/backups/place.ts'
import { type Restored, restore as restoreFile } from '../store/upkeep/restore.ts'
import { isSealed, openSealed } from '../store/upkeep/sealed-file.ts'
import { print } from './print.ts'

export type RestoreFlags = {
  readonly replace: boolean
  /** Only a test, in a temporary directory. */
  readonly verify: boolean
}

/** A path, the URL of a backup in the bucket, or null for the newest scheduled one. */
export async function restore(file: string | null, { replace, verify }: RestoreFlags): Promise<void> {
  const environment = readEnvironment()
  const config = parseConfig(environment)
  const named = file ?? (await newestOf(config))
  const isRemote = named.startsWith('s3://')
  const path = isRemote ? named : calledFrom(environment, named)
  const { dataDir } = config.database
  const secretKey = config.access.secretKey ?? keyOf(dataDir)
  const formerKeys = readFormerKeys(dataDir)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // /tmp may be memory.
  const scratch = mkdtempSync(join(dataDir, 'restore-'))
  try {
    const local = isRemote ? await fetchTo(scratch, config, path) : path
    const plain =
      existsSync(local) && isSealed(local)
        ? await unseal({ path, local, scratch, keys: [secretKey, ...formerKeys] })
        : local
    const target = verify ? join(scratch, 'restored') : dataDir
    if (verify) mkdirSync(target, { mode: 0o700 })
    const databaseUrl = verify ? null : config.database.databaseUrl
    const restored = await restoreFile({
      databaseUrl,
      dataDir: target,
      file: plain,
      secretKey,
      formerKeys,
      replace,
      now: Date.now(),
    })
    if (verify) reportTrial(restored, path)
    else report(restored, path, target)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function newestOf(config: Config): Promise<string> {
  const { place, listBackups } = openBackups(config.backups, Date.now)
  const [newest] = await listBackups()
  if (newest !== undefined) return place.addressOf(newest.name)
  throw new StartError(`There is no scheduled backup in ${place.addressOf('')}`)
}

async function fetchTo(scratch: string, { backups }: Config, url: string): Promise<string> {
  const file = join(scratch, 'fetched')
  await downloadBackup(backups.bucket, url, file)
  return file
}

type Sealed = {
  readonly path: string
  readonly local: string
  readonly scratch: string
  readonly keys: readonly Buffer[]
}

async function unseal({ path, local, scratch, keys }: Sealed): Promise<string> {
  const plain = join(scratch, 'backup.db')
  for (const [index, key] of keys.entries()) {
    try {
      await openSealed(local, plain, key, path)
      break
    } catch (error) {
      rmSync(plain, { force: true })
      if (!(error instanceof StartError) || index === keys.length - 1) throw error
    }
  }
  return plain
}

function reportTrial({ madeAt, migration, lostRuns, activeKeys }: Restored, path: string): void {
  print(
    `${path} can be restored: every page is whole and its settings are under this secret key. Made at ${madeAt ?? 'an unknown time'}, schema version ${migration}, ` +
      `${lostRuns} run(s) would be marked as lost, ${activeKeys.length} API key(s) would work. Nothing was changed.`,
  )
}

function keyOf(dataDir: string): Buffer {
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
  print(`Restored ${path}${madeAt === null ? '' : `, made at ${madeAt},`} into ${dataDir}. Start the server now.`)
  if (replaced !== null) print(`The former database is ${replaced}.`)
  if (lostRuns > 0)
    print(`${lostRuns} run(s) that were queued or running at that time are marked as lost. They can be replayed.`)
  list('These API keys stay revoked, as in the former database', revokedKeys)
  list('These API keys work. Revoke those that were revoked after the backup was made', activeKeys)
  print(
    'Hook URLs that were rotated, and people who were removed, after the backup was made are also active again. Check them.',
  )
}

function list(title: string, keys: readonly string[]): void {
  if (keys.length > 0) print(`${title}:\n${keys.map((key) => `  ${key}`).join('\n')}`)
}
