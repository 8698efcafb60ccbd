import { readFileSync } from 'node:fs'
import type { Engine } from '../database.ts'

/** An index that only speeds up its feature. */
export type IndexOfLargeTable = {
  readonly name: string
  /** SQL after `on`, such as `runs (workflow_id, created_at) where …`. */
  readonly on: string
}

/** A released migration never changes: a test has its hash. */
export type Migration = {
  readonly number: number
  readonly name: string
  /** Servers of the previous release neither write nor need the added data. */
  readonly compatible?: true
  /** On PostgreSQL, created after the transaction: other servers can write. */
  readonly indexes?: readonly IndexOfLargeTable[]
  readonly sql: () => string
}

export const readMigration = (file: string): string => readFileSync(new URL(`./${file}`, import.meta.url), 'utf8')

const TYPES: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  sqlite: {
    id: 'text',
    long: 'integer',
    bytes: 'blob',
    serial: 'integer primary key autoincrement',
    // Stores small rows in the tree of the primary key.
    clustered: 'without rowid',
  },
  postgres: {
    // Sorted by bytes in every locale.
    id: 'text collate "C"',
    long: 'bigint',
    bytes: 'bytea',
    serial: 'bigserial primary key',
    clustered: '',
  },
}

/**
 * A statement below the comment `-- sqlite` or `-- postgres` (with a colon) is for that engine. Statements are
 * indented, except the first line and the closing `)`.
 */
export function listStatements(text: string, engine: Engine): readonly string[] {
  const other = engine === 'sqlite' ? '-- postgres:' : '-- sqlite:'
  return text.split(/;\n+(?=\S|$)/).flatMap((part) => {
    const lines = part.split('\n')
    if (lines.includes(other)) return []
    const statement = lines.filter((line) => !line.startsWith('--')).join('\n')
    return statement.trim() === '' ? [] : [statement.trim().replace(/\{(\w+)\}/g, (_, type) => typeOf(engine, type))]
  })
}

function typeOf(engine: Engine, name: string): string {
  const type = TYPES[engine][name]
  if (type === undefined) throw new TypeError(`Expected a type of migration.ts, found {${name}}`)
  return type
}
