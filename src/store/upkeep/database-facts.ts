/** Facts about a database file of this program, read before anything is done with it. */

import type { DatabaseSync } from 'node:sqlite'
import { StartError } from '../../errors.ts'
import { keyIdOf } from '../secrets/encryption.ts'

export type DatabaseFacts = {
  /** The number that its tables are at. */
  readonly migration: number
  /** Which secret key its settings are under; null before the first start was over. */
  readonly keyId: string | null
  /** When it was copied; null when it is no backup. */
  readonly madeAt: string | null
}

/** Checks every page and index. Throws a StartError when the file is damaged or is not ours. */
export function readFacts(database: DatabaseSync): DatabaseFacts {
  let problems: readonly unknown[]
  try {
    problems = database.prepare('PRAGMA integrity_check(3)').all().map(firstValue)
  } catch (error) {
    problems = [error instanceof Error ? error.message : error]
  }
  if (problems.length !== 1 || problems[0] !== 'ok') {
    throw new StartError(`The database is damaged (${problems.join('; ')}): use another backup.`)
  }
  const isOurs = database
    .prepare("SELECT count(*) FROM sqlite_schema WHERE name IN ('schema_migrations', 'meta')")
    .get()
  if (firstValue(isOurs) !== 2) throw new StartError('The file is a database, but none of Workflows.')
  const keyCheck = firstValue(database.prepare("SELECT value FROM meta WHERE key = 'key-check'").get())
  const madeAt = firstValue(database.prepare("SELECT value FROM meta WHERE key = 'backup'").get())
  return {
    migration: Number(firstValue(database.prepare('SELECT max(number) FROM schema_migrations').get())),
    keyId: keyCheck instanceof Uint8Array ? keyIdOf(keyCheck) : null,
    madeAt: madeAt instanceof Uint8Array ? Buffer.from(madeAt).toString() : null,
  }
}

const firstValue = (row: Record<string, unknown> | undefined): unknown => Object.values(row ?? {})[0]
