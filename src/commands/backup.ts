import { type Config, calledFrom, parseConfig, readEnvironment } from '../config.ts'
import { backUp } from '../store/upkeep/backup.ts'
import { openBackups } from '../store/upkeep/backups/place.ts'
import { print } from './print.ts'

export async function backup(file: string | null): Promise<void> {
  const environment = readEnvironment()
  const config = parseConfig(environment)
  if (file === null) return await list(config)
  const path = calledFrom(environment, file)
  const { bytes, migration, keyId } = await backUp(config.database, path, Date.now())
  print(`Backed up to ${path}: ${bytes.toLocaleString('en')} bytes, checked, schema version ${migration}.`)
  print(
    `The secret key${keyId === null ? '' : ` (${keyId})`} is not in it, so that the file alone does not reveal the settings. Keep ` +
      `${config.access.secretKey === null ? `${config.database.dataDir}/secret.key` : 'WORKFLOWS_SECRET_KEY'} in another location: without it, the settings cannot be read.`,
  )
}

async function list(config: Config): Promise<void> {
  const { place, listBackups } = openBackups(config.backups, Date.now)
  const kept = await listBackups()
  for (const { name, at, bytes } of kept)
    print(`${place.addressOf(name)}  ${new Date(at).toISOString()}  ${bytes.toLocaleString('en')} bytes`)
  if (kept.length === 0) print(`There are no scheduled backups in ${place.addressOf('')}`)
}
