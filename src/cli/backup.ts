/** `backup FILE`: copies the database and checks the copy, while the server runs. */

import { calledFrom, parseConfig, readEnvironment } from '../config.ts'
import { backUp } from '../store/upkeep/backup.ts'

export async function backup(file: string): Promise<void> {
  const environment = readEnvironment()
  const config = parseConfig(environment)
  const path = calledFrom(environment, file)
  const { bytes, migration, keyId } = await backUp(config, path, Date.now())
  console.log(`Backed up to ${path}: ${bytes.toLocaleString('en')} bytes, checked, tables at ${migration}.`)
  console.log(
    `The secret key${keyId === null ? '' : ` (${keyId})`} is not in it, so that the file alone does not reveal the settings. Keep ` +
      `${config.secretKey === null ? `${config.dataDir}/secret.key` : 'WORKFLOWS_SECRET_KEY'} in another location: without it, the settings cannot be read.`,
  )
}
