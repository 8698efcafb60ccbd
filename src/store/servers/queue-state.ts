import { sql } from 'kysely'
import type { Db } from '../database/tables/tables.ts'

export type QueueState = {
  /** Due runs, up to MAX_COUNTED. */
  readonly runs: number
  readonly oldestMs: number
}

/** Each scrape of the metrics reads it. */
const MAX_COUNTED = 10_000

export async function readQueue(db: Db, now: number): Promise<QueueState> {
  const due = db
    .selectFrom('runs')
    .select('not_before')
    .where('status', '=', sql.lit('queued'))
    .where('not_before', '<=', now)
    .orderBy('not_before')
    .limit(MAX_COUNTED)
  const { runs, oldest } = await db
    .selectFrom(due.as('due'))
    .select(({ fn }) => [fn.countAll<number>().as('runs'), fn.min('due.not_before').as('oldest')])
    .executeTakeFirstOrThrow()
  return { runs, oldestMs: oldest === null ? 0 : Math.max(0, now - oldest) }
}
