import { type RawBuilder, sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import type { Mark } from './groups/mark.ts'
import { type Db, isPostgres } from './tables/tables.ts'

type MarkedValue<T> = { readonly value: T; readonly workflowId: string; readonly mark: string }
/** `since` has a noted mark. */
type RowCache<T> = (key: string, read: () => Promise<MarkedValue<T> | null>, since?: object) => Promise<T | null>

export type RowCacheOptions<T> = {
  readonly maxSize: number
  readonly sizeOf: (value: T) => number
}

export const rowMark = (db: Db, table: 'workflows' | 'totals'): RawBuilder<string> =>
  isPostgres(db) ? sql<string>`${sql.ref(`${table}.xmin`)}::text` : sql<string>`''`

/**
 * Values depend on one part of a workflow's marks. Callers must not change them. Each call checks the mark, which shows
 * commits of other servers. With 32 callers and six settings, reading and decrypting took a third of the run time.
 */
export function createRowCache<T extends NonNullable<unknown>>(
  { marks }: Pick<Database, 'marks'>,
  part: keyof Mark,
  { maxSize, sizeOf }: RowCacheOptions<T>,
): RowCache<T> {
  if (marks === null) return async (_key, read) => (await read())?.value ?? null
  const known = new LRUCache<string, MarkedValue<T>>({ maxSize, sizeCalculation: ({ value }) => sizeOf(value) })
  return async (key, read, since) => {
    const found = known.get(key)
    if (found !== undefined) {
      const mark = (since && marks.noted(since)) ?? (await marks.of(found.workflowId))?.[part]
      if (mark === found.mark) return found.value
    }
    const stamp = marks.begin()
    const fresh = await read()
    if (fresh === null) known.delete(key)
    else known.set(key, { ...fresh, mark: stamp(fresh.mark) })
    return fresh?.value ?? null
  }
}
