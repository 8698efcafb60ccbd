/** Writes of rows of many callers. */

import { CompiledQuery, PostgresAdapter } from 'kysely'
import type { Db } from '../tables/tables.ts'
import { type ColumnType, encodeArray } from './binary-arrays.ts'

/** Columns in the order of the parameters. */
export type Columns<Name extends string> = { readonly [Column in Name]: ColumnType }
export type Row = Readonly<Record<string, string | number | Uint8Array | null>> & { readonly run_id: string }

export type Written = { readonly id: string; readonly mark?: string }

/** SQL that follows a table `input`, which has these columns. */
type Part<Column extends string> = { readonly columns: Partial<Columns<Column>>; readonly text: string }

type Parts<Given extends Row> = {
  /**
   * Returns `id`, the row's `run_id`, for each row that it writes, and maybe `mark`. Its input also has `nth`, the row's
   * number (from 1) among those with the same lock.
   */
  readonly first: Part<keyof Given & string>
  /** Gets only rows that the first part wrote and that need it. */
  readonly second: Part<keyof Given & string>
  readonly needsSecond: (row: Given) => boolean
  /** See `locks` of `Database.write`. */
  readonly lockOf: (row: Given) => string | null
  /** Columns that PostgreSQL returns too. */
  readonly mark?: string
}

type Columnar = readonly (readonly [name: string, type: ColumnType])[]
type Statement = { readonly columns: Columnar; readonly query: CompiledQuery<Written> }

export type RowWrite<Given extends Row> = Pick<Parts<Given>, 'needsSecond' | 'lockOf'> & {
  readonly sqlite: { readonly first: Statement; readonly second: Statement }
  readonly postgres: Statement
}

/** PostgreSQL executes both parts in one statement for all rows, SQLite each part for each row. */
export function rowWrite<Given extends Row>(parts: Parts<Given>): RowWrite<Given> {
  const { first, second, needsSecond, lockOf, mark = '' } = parts
  const both: Partial<Columns<string>> = { ...first.columns, ...second.columns }
  const columns = columnsOf(both)
  const arrays = [...columns, ['nth', 'int4'], ['needs_second', 'int4']].map(([, type], at) => `$${at + 1}::${type}[]`)
  return {
    needsSecond,
    lockOf,
    sqlite: { first: forOne(first), second: forOne(second) },
    postgres: {
      columns,
      query: CompiledQuery.raw(`with input as (
          select * from unnest(${arrays.join(', ')}) as given(${listOf(both)}, nth, needs_second)
        ),
        written as (${first.text}${mark}),
        others as (
          with input as (select given.* from input as given join written on written.id = given.run_id where needs_second = 1)
          ${second.text}
        )
        select * from written`),
    },
  }
}

const columnsOf = (columns: Partial<Columns<string>>): Columnar =>
  Object.entries(columns).flatMap(([name, type]) => (type === undefined ? [] : [[name, type] as const]))

function forOne({ columns, text }: Part<string>): Statement {
  const values = Object.keys(columns).map((name) => `? as "${name}"`)
  return {
    columns: columnsOf(columns),
    query: CompiledQuery.raw(`with input as (select ${values.join(', ')}, 1 as nth) ${text}`),
  }
}

/** Returns the column names for a list in SQL. */
export const listOf = (columns: Partial<Columns<string>>): string =>
  Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(', ')

/** Returns the statement with an array for each column. */
export function bindAll<Given extends Row>(
  { postgres: { columns, query }, needsSecond, lockOf }: RowWrite<Given>,
  rows: readonly Given[],
): CompiledQuery<Written> {
  const counts = new Map<string | null, number>()
  const nths = rows.map((row) => {
    const nth = (counts.get(lockOf(row)) ?? 0) + 1
    counts.set(lockOf(row), nth)
    return nth
  })
  const arrays = columns.map(([name, type]) =>
    encodeArray(
      type,
      rows.map((row) => row[name] ?? null),
    ),
  )
  const needs = rows.map((row) => Number(needsSecond(row)))
  return { ...query, parameters: [...arrays, encodeArray('int4', nths), encodeArray('int4', needs)] }
}

export function locksOf<Given extends Row>({ lockOf }: RowWrite<Given>, row: Given): readonly string[] {
  const lock = lockOf(row)
  return lock === null ? [] : [lock]
}

/** Writes a row within a transaction. Returns null if the first part did not write it. */
export async function writeRow<Given extends Row>(db: Db, write: RowWrite<Given>, row: Given): Promise<Written | null> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
  const { first, second } = write.sqlite
  const { rows } = await db.executeQuery(isPostgres ? bindAll(write, [row]) : bindOne(first, row))
  if (rows[0] === undefined) return null
  if (!isPostgres && write.needsSecond(row)) await db.executeQuery(bindOne(second, row))
  return rows[0]
}

const bindOne = ({ columns, query }: Statement, row: Row): CompiledQuery<Written> => ({
  ...query,
  parameters: columns.map(([name]) => row[name] ?? null),
})
