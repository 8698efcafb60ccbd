/** Whether anything was ever stored: decides if a missing secret key may be made, or has been lost. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseOptions } from './database.ts'
import { DATABASE_FILE } from './engines/sqlite.ts'
import { openDatabase } from './open.ts'

/** Throws a StartError when the database cannot be asked. */
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
