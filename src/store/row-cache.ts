/** Cache for workflow data, valid while the rows are unchanged. */

import { PostgresAdapter, type RawBuilder, sql } from 'kysely'
import type { Database } from './database/database.ts'
import type { MarkedPart, Marks } from './database/groups/groups.ts'
import type { Db } from './database/tables.ts'
import { createReadCache, type ReadCacheOptions } from './read-cache.ts'

type MarkedValue<T> = { readonly value: T; readonly workflowId: string; readonly mark: string }
/** `since` is an object with a noted mark, which replaces the query for the mark. */
type RowCache<T> = (key: string, read: () => Promise<MarkedValue<T> | null>, since?: object) => Promise<T | null>

/** Returns SQL for the mark of a row. SQLite counts commits instead. */
export const rowMark = (db: Db, table: 'workflows' | 'totals'): RawBuilder<string> =>
  db.getExecutor().adapter instanceof PostgresAdapter ? sql<string>`${sql.ref(`${table}.xmin`)}::text` : sql<string>`''`

/** The values depend on one part of a workflow's marks. They are shared and must not be changed. */
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

/** Each call checks the row mark, because it must see commits of other servers. Concurrent callers share that query. */
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
