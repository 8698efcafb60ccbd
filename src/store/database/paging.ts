/** Keyset pagination: every page costs the same. */

import { UserError } from '../../errors.ts'

export type Position = readonly (string | number)[]

export function readCursor(page: PageQuery, types: readonly ('string' | 'number')[]): Position | null {
  if (page.cursor === null) return null
  const position = parseJson(Buffer.from(page.cursor, 'base64url').toString('utf8'))
  const fits = Array.isArray(position) && position.length === types.length
  if (!fits || !types.every((type, index) => isPart(position[index], type))) {
    throw new UserError('bad_request', 'cursor: expected a next_cursor of an earlier page of this list.')
  }
  return position
}

export const writeCursor = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** The query must read one row more than the page size. */
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

function isPart(value: unknown, type: 'string' | 'number'): boolean {
  if (type === 'number') return Number.isSafeInteger(value)
  return typeof value === 'string' && !value.includes('\0')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export type Page<T> = { readonly data: readonly T[]; readonly nextCursor: string | null }

export type PageQuery = { readonly limit: number; readonly cursor: string | null }
