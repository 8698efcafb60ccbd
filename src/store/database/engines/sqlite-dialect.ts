import type { DatabaseSync } from 'node:sqlite'
import {
  type Compilable,
  type CompiledQuery,
  Kysely,
  type QueryResult,
  type SelectModifierNode,
  type SqliteDatabase,
  SqliteDialect,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Db, Tables } from '../tables/tables.ts'

/** Filters and list lengths produce many statements. */
const MAX_STATEMENTS = 500

export function createQueries(connection: DatabaseSync, watch: Watch = () => null): Db {
  return new DirectKysely(adapt(connection, watch))
}

export type Watch = (sql: string) => (() => void) | null

export function createDialect(connection: DatabaseSync): SqliteDialect {
  return new OneWriterDialect({ database: adapt(connection) })
}

/** Leaves out row locks, which SQLite does not have: it has one writer. */
class OneWriterDialect extends SqliteDialect {
  override createQueryCompiler(): SqliteQueryCompiler {
    return new OneWriterCompiler()
  }
}

class OneWriterCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier === 'Distinct') super.visitSelectModifier(node)
  }
}

/** Compiled queries (prepare.ts) bypass Kysely's lock and plugins, which cost more than SQLite's execution. */
class DirectKysely extends Kysely<Tables> {
  readonly #connection: SqliteDatabase

  constructor(connection: SqliteDatabase) {
    super({ dialect: new OneWriterDialect({ database: connection }) })
    this.#connection = connection
  }

  override async executeQuery<R>(query: CompiledQuery<R> | Compilable<R>): Promise<QueryResult<R>> {
    const { sql, parameters } = 'compile' in query ? query.compile() : query
    const statement = this.#connection.prepare(sql)
    if (!statement.reader) return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) }
    return { rows: statement.all(parameters) as R[] }
  }
}

function adapt(database: DatabaseSync, watch: Watch = () => null): SqliteDatabase {
  const statements = new LRUCache<string, SqliteStatement>({ max: MAX_STATEMENTS })
  return {
    close: () => {
      if (database.isOpen) database.close()
    },
    prepare(sql) {
      const known = statements.get(sql)
      if (known !== undefined) return known
      const statement = watched(createStatement(database, sql), watch(sql))
      statements.set(sql, statement)
      return statement
    },
  }
}

function watched(statement: SqliteStatement, seen: (() => void) | null): SqliteStatement {
  if (seen === null) return statement
  const { reader, all, run, iterate } = statement
  const before =
    <R>(call: (values: readonly unknown[]) => R) =>
    (values: readonly unknown[]): R => {
      seen()
      return call(values)
    }
  return { reader, all: before(all), run: before(run), iterate: before(iterate) }
}

type SqlValue = null | number | bigint | string | Uint8Array

function createStatement(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql)
  return {
    reader: statement.columns().length > 0,
    all: (values) => statement.all(...sqlValues(values)),
    run: (values) => statement.run(...sqlValues(values)),
    iterate: (values) => statement.iterate(...sqlValues(values)),
  }
}

function sqlValues(values: readonly unknown[]): readonly SqlValue[] {
  for (const value of values) {
    if (!isSqlValue(value)) throw new TypeError(`SQLite takes null, numbers, text and bytes, not ${typeof value}`)
  }
  return values as readonly SqlValue[]
}

const isSqlValue = (value: unknown): value is SqlValue =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'number' ||
  value instanceof Uint8Array ||
  typeof value === 'bigint'
