/** What every run reads of its workflow, kept in memory for as long as the database holds just that. */

import { PostgresAdapter, type RawBuilder, sql } from 'kysely'
import type { Database } from './database/database.ts'
import type { MarkedPart, Marks } from './database/groups/groups.ts'
import type { Db } from './database/tables.ts'
import { createReadCache, type ReadCacheOptions } from './read-cache.ts'

/** A value, the workflow that it belongs to, and the `rowMark` of the row that says whether it is still so. */
type MarkedValue<T> = { readonly value: T; readonly workflowId: string; readonly mark: string }
/** `since`: what a mark was noted for; then the value counts as of that, and is not asked for. */
type RowCache<T> = (key: string, read: () => Promise<MarkedValue<T> | null>, since?: object) => Promise<T | null>

/** The mark of the row of a table in a query; it marks nothing on SQLite, where commits are counted. */
export const rowMark = (db: Db, table: 'workflows' | 'totals'): RawBuilder<string> =>
  db.getExecutor().adapter instanceof PostgresAdapter ? sql<string>`${sql.ref(`${table}.xmin`)}::text` : sql<string>`''`

/** Makes a cache of the values that a part of a workflow's marks counts for. Values are shared: nothing may change them. */
export function createRowCache<T extends NonNullable<unknown>>(
  database: Pick<Database, 'version' | 'groups'>,
  part: MarkedPart,
  options: ReadCacheOptions<T>,
): RowCache<T> {
  if (database.groups !== null) return createMarkedCache(database.groups.marks, part, options)
  const cached = createReadCache<T | null>(database, {
    maxSize: options.maxSize,
    sizeOf: (value) => options.sizeOf(value),
  })
  return (key, read) => cached(key, async () => (await read())?.value ?? null)
}

/**
 * Other servers change the rows as well, and what they committed before a call must be seen by it: so each call asks for
 * the mark of the row. That is one small question for all callers that come together, instead of the row and its secrets.
 */
function createMarkedCache<T extends NonNullable<unknown>>(
  marks: Marks,
  part: MarkedPart,
  { maxSize, sizeOf }: ReadCacheOptions<T>,
): RowCache<T> {
  let known = new Map<string, MarkedValue<T>>()
  let size = 0
  const drop = (key: string) => {
    const found = known.get(key)
    if (found !== undefined) size -= sizeOf(found.value)
    known.delete(key)
  }
  const keep = (key: string, found: MarkedValue<T>) => {
    drop(key)
    const added = sizeOf(found.value)
    if (added > maxSize) return
    if (size + added > maxSize) {
      known = new Map()
      size = 0
    }
    known.set(key, found)
    size += added
  }
  return async (key, read, since) => {
    const found = known.get(key)
    if (found !== undefined) {
      const mark = (since && marks.noted(since)) ?? (await marks.of(found.workflowId))
      if (mark?.[part] === found.mark) return found.value
    }
    const stamp = marks.begin()
    const fresh = await read()
    if (fresh === null) drop(key)
    else keep(key, { ...fresh, mark: stamp(fresh.mark) })
    return fresh?.value ?? null
  }
}
