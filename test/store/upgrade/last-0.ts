/** Databases of the last release 0.x, as its 88 migrations left them. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { DatabaseOptions, Engine } from '../../../src/store/database/database.ts'
import { createDirectory, type Postgres } from '../../helpers/databases.ts'

/** The key of their secrets. They hold three calls, a failed one, and one that a SIGKILL cut off. */
export const KEY_OF_0 = Buffer.alloc(32, 3)

export async function loadLastOf0(
  t: Parameters<typeof createDirectory>[0],
  engine: Engine,
  postgres: Pick<Postgres, 'createDatabase'>,
): Promise<DatabaseOptions> {
  const dataDir = createDirectory(t)
  const text = readFileSync(join(import.meta.dirname, `last-0-${engine}.sql`), 'utf8')
  if (engine === 'sqlite') {
    const file = new DatabaseSync(join(dataDir, 'workflows.db'))
    file.exec(text)
    file.close()
    return { databaseUrl: null, dataDir }
  }
  const databaseUrl = await postgres.createDatabase()
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(text)
  await client.end()
  return { databaseUrl, dataDir }
}
