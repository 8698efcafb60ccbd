import { CompiledQuery } from 'kysely'
import type { ColumnType } from '../tables/runs.ts'
import { type Db, isPostgres } from '../tables/tables.ts'
import { encodeArray } from './binary-arrays.ts'

export type Columns<Name extends string> = { readonly [Column in Name]: ColumnType }
export type Row = Readonly<Record<string, string | number | Uint8Array | null>> & { readonly run_id: string }

export type Written = { readonly id: string; readonly mark?: string }

type Part<Column extends string> = {
  readonly columns: Partial<Columns<Column>>
  /** On PostgreSQL the SQL follows a table `input`, which has the columns. */
  readonly text: (values: Values<Column>) => string
}

export type Values<Column extends string> = {
  of(column: Column): string
  /** SQLite needs no temporary table, which takes 15 µs. */
  readonly engine: 'sqlite' | 'postgres'
}

type Parts<Given extends Row> = {
  /**
   * Writes to a table with a column `id`, the row's `run_id`. `nth` is the row's number (from 1) among those with the
   * same lock.
   */
  readonly first: Part<keyof Given & string>
  readonly second: Part<keyof Given & string>
  readonly needsSecond: (row: Given) => boolean
  /** See `locks` of `Database.write`. */
  readonly lockOf: (row: Given) => string | null
  readonly mark?: string
}

type Columnar = readonly (readonly [name: string, type: ColumnType])[]
type Statement<Columns> = { readonly columns: Columns; readonly query: CompiledQuery<Written> }

export type RowWrite<Given extends Row> = Pick<Parts<Given>, 'needsSecond' | 'lockOf'> & {
  readonly sqlite: { readonly first: Statement<readonly string[]>; readonly second: Statement<readonly string[]> }
  readonly postgres: Statement<Columnar>
}

/** PostgreSQL executes both parts for all rows in one statement, SQLite each part for each row. */
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
        written as (${first.text(INPUT)} returning id${mark}),
        others as (
          with input as (select given.* from input as given join written on written.id = given.run_id where needs_second = 1)
          ${second.text(INPUT)}
        )
        select * from written`),
    },
  }
}

const columnsOf = (columns: Partial<Columns<string>>): Columnar =>
  Object.entries(columns).flatMap(([name, type]) => (type === undefined ? [] : [[name, type] as const]))

const INPUT: Values<string> = { of: (column) => `input."${column}"`, engine: 'postgres' }

function forOne({ text }: Part<string>): Statement<readonly string[]> {
  const used: string[] = []
  const of = (column: string) => `?${used.includes(column) ? used.indexOf(column) + 1 : used.push(column)}`
  const query = CompiledQuery.raw(text({ of, engine: 'sqlite' }))
  return { columns: used, query }
}

/** On PostgreSQL, leaves out rows that do not meet the condition. */
export function insertInto<Column extends string>(
  table: string,
  columns: Partial<Columns<Column>>,
  condition = 'true',
): Part<Column>['text'] {
  const names = Object.keys(columns) as Column[]
  return ({ of, engine }) => {
    const values = names.map(of).join(', ')
    const from = engine === 'sqlite' ? `values (${values})` : `select ${values} from input where ${condition}`
    return `insert into ${table} (${listOf(columns)}) ${from}`
  }
}

const listOf = (columns: Partial<Columns<string>>): string =>
  Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(', ')

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

/** Call it in a transaction. Null: the first part wrote no row. */
export async function writeRow<Given extends Row>(db: Db, write: RowWrite<Given>, row: Given): Promise<Written | null> {
  if (isPostgres(db)) {
    const { rows } = await db.executeQuery(bindAll(write, [row]))
    return rows[0] ?? null
  }
  return (await writeOnSqlite(db, write, row)) === null ? null : { id: row.run_id }
}

/** Null: the first part wrote no row. */
export async function writeOnSqlite<Given extends Row>(
  db: Db,
  { sqlite: { first, second }, needsSecond }: RowWrite<Given>,
  row: Given,
): Promise<{ readonly second: bigint } | null> {
  const { numAffectedRows } = await db.executeQuery(bindOne(first, row))
  if (numAffectedRows === 0n) return null
  if (!needsSecond(row)) return { second: 0n }
  return { second: (await db.executeQuery(bindOne(second, row))).numAffectedRows ?? 0n }
}

const bindOne = ({ columns, query }: Statement<readonly string[]>, row: Row): CompiledQuery<Written> => ({
  ...query,
  parameters: columns.map((name) => row[name] ?? null),
})
