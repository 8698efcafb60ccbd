/** Keyset pagination: every page costs the same. */

import { type SelectQueryBuilder, type StringReference, sql } from 'kysely'
import { readJson } from '../../domain/json/read-json.ts'
import { UserError } from '../../errors.ts'

export type Position = readonly (string | number)[]

export function readCursor(page: PageQuery, types: readonly ('string' | 'number')[]): Position | null {
  if (page.cursor === null) return null
  const position = readJson(Buffer.from(page.cursor, 'base64url').toString('utf8'))
  const fits = Array.isArray(position) && position.length === types.length
  if (!fits || !types.every((type, index) => isPart(position[index], type))) {
    throw new UserError('bad_request', 'cursor: expected a next_cursor of an earlier page of this list.')
  }
  return position
}

export const writeCursor = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** Needs one row more than the page size. */
export function toPage<Row, T>(
  rows: readonly Row[],
  page: PageQuery,
  positionOf: (row: Row) => Position,
  present: (row: Row) => T,
): Page<T> {
  const kept = rows.slice(0, page.limit)
  const last = rows.length > page.limit ? kept.at(-1) : undefined
  const nextCursor = last === undefined ? null : writeCursor(positionOf(last))
  return { data: kept.map(present), nextCursor }
}

/** Newest first. `columns` order the list and make its positions. */
export async function readNewest<DB, TB extends keyof DB, Row, T>(
  query: SelectQueryBuilder<DB, TB, Row>,
  page: PageQuery,
  columns: { readonly [Name in StringReference<DB, TB>]?: 'string' | 'number' },
  positionOf: (row: Row) => Position,
  present: (row: Row) => T,
): Promise<Page<T>> {
  const after = readCursor(page, Object.values(columns))
  const names = Object.keys(columns).map((name) => sql.ref(name))
  const rows = await names
    .reduce((all, name) => all.orderBy(name, 'desc'), query)
    .$if(after !== null, (all) => all.where(sql<boolean>`(${sql.join(names)}) < (${sql.join(after ?? [])})`))
    .limit(page.limit + 1)
    .execute()
  return toPage(rows, page, positionOf, present)
}

function isPart(value: unknown, type: 'string' | 'number'): boolean {
  if (type === 'number') return Number.isSafeInteger(value)
  return typeof value === 'string' && !value.includes('\0')
}

export type Page<T> = { readonly data: readonly T[]; readonly nextCursor: string | null }

export type PageQuery = { readonly limit: number; readonly cursor: string | null }
