import type { DatabaseSync } from 'node:sqlite'
import { StartError } from '../../errors.ts'
import { keyIdOf } from '../secrets/encryption.ts'

export type DatabaseFacts = {
  readonly migration: number
  /** Null: the first start was not completed. */
  readonly keyId: string | null
  /** Null: no backup. */
  readonly madeAt: string | null
}

/** Throws a StartError if the file is damaged or no database of this program. */
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
