/** A missing secret key may be created for an empty database, and for no other. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseOptions } from '../database.ts'
import { openDatabase } from './open.ts'
import { DATABASE_FILE } from './sqlite.ts'

export async function isNewDatabase(options: DatabaseOptions): Promise<boolean> {
  if (options.databaseUrl === null) {
    const file = statSync(join(options.dataDir, DATABASE_FILE), { throwIfNoEntry: false })
    return file === undefined || file.size === 0
  }
  const database = await openDatabase(options)
  try {
    const tables = await database.read((db) => db.introspection.getTables())
    return !tables.some(({ name }) => name === 'meta')
  } finally {
    await database.close()
  }
}
