/** Statements that write rows of many callers. */

import { CompiledQuery, PostgresAdapter } from 'kysely'
import type { Db } from '../tables/tables.ts'
import { type ColumnType, encodeArray } from './binary-arrays.ts'

/** Columns in the order of the parameters. */
export type Columns<Name extends string> = { readonly [Column in Name]: ColumnType }
export type Row = Readonly<Record<string, string | number | Uint8Array | null>>

export type RowStatement<Given extends Row> = {
  readonly columns: readonly (readonly [name: string, type: ColumnType])[]
  readonly isNeeded: (row: Given) => boolean
  readonly sqlite: CompiledQuery<Written>
  readonly postgres: CompiledQuery<Written>
}

export type RowWrite<Given extends Row> = {
  /** The first one returns `id` for each row that it wrote, and maybe `mark`. The others skip rows that it did not write. */
  readonly statements: readonly RowStatement<Given>[]
  readonly idOf: (row: Given) => string
  /** See `locks` of `Database.write`. */
  readonly lockOf: (row: Given) => string | null
}

export type Written = { readonly id: string; readonly mark?: string }

/**
 * Returns a statement from SQL that follows a table `input`, which has these columns and `nth`, the row's number (from 1)
 * among those with the same lock. PostgreSQL executes it once for all rows, SQLite once for each.
 */
export function rowStatement<Given extends Row>(
  columns: Columns<keyof Given & string>,
  text: (engine: 'sqlite' | 'postgres') => string,
  isNeeded: (row: Given) => boolean = () => true,
): RowStatement<Given> {
  const types: [string, ColumnType][] = Object.entries(columns)
  const values = types.map(([name]) => `? as "${name}"`)
  const arrays = types.map(([, type], index) => `$${index + 1}::${type}[]`)
  return {
    columns: types,
    isNeeded,
    sqlite: CompiledQuery.raw(`with input as (select ${values.join(', ')}, 1 as nth) ${text('sqlite')}`),
    postgres: CompiledQuery.raw(
      `with input as (
        select * from unnest(${arrays.join(', ')}, $${arrays.length + 1}::int4[]) as given(${listOf(columns)}, nth)
      ) ${text('postgres')}`,
    ),
  }
}

/** Returns the column names for a list in SQL. */
export const listOf = (columns: Columns<string>): string =>
  Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(', ')

/** Returns the statements that some of the rows need, with an array for each column. */
export function bindAll<Given extends Row>(
  { statements, lockOf }: RowWrite<Given>,
  rows: readonly Given[],
): readonly CompiledQuery<Written>[] {
  const counts = new Map<string | null, number>()
  const nths = new Map(
    rows.map((row) => {
      const nth = (counts.get(lockOf(row)) ?? 0) + 1
      counts.set(lockOf(row), nth)
      return [row, nth]
    }),
  )
  return statements.flatMap(({ columns, postgres, isNeeded }) => {
    const needed = rows.filter(isNeeded)
    if (needed.length === 0) return []
    const arrays = columns.map(([name, type]) =>
      encodeArray(
        type,
        needed.map((row) => row[name] ?? null),
      ),
    )
    const nth = encodeArray(
      'int4',
      needed.map((row) => nths.get(row) ?? 1),
    )
    return [{ ...postgres, parameters: [...arrays, nth] }]
  })
}

export function locksOf<Given extends Row>({ lockOf }: RowWrite<Given>, row: Given): readonly string[] {
  const lock = lockOf(row)
  return lock === null ? [] : [lock]
}

/** Writes a row within a transaction. Returns null if the first statement did not write it. */
export async function writeRow<Given extends Row>(db: Db, write: RowWrite<Given>, row: Given): Promise<Written | null> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
  const [first, ...others] = isPostgres ? bindAll(write, [row]) : bindOne(write, row)
  if (first === undefined) return null
  const { rows } = await db.executeQuery(first)
  if (rows[0] === undefined) return null
  for (const query of others) await db.executeQuery(query)
  return rows[0]
}

const bindOne = <Given extends Row>({ statements }: RowWrite<Given>, row: Given): readonly CompiledQuery<Written>[] =>
  statements
    .filter(({ isNeeded }) => isNeeded(row))
    .map(({ columns, sqlite }) => ({ ...sqlite, parameters: columns.map(([name]) => row[name] ?? null) }))
