import { sql } from 'kysely'
import type { Db } from '../../database/tables.ts'

export type QueueState = {
  /** Runs whose time has come and that no server has taken, at most MAX_COUNTED. */
  readonly runs: number
  /** How long the oldest of them has waited. */
  readonly oldestMs: number
}

/** Looked up for each scrape of the metrics: an index holds the queued runs, but there may be millions. */
const MAX_COUNTED = 10_000

/** How many queued runs wait on all servers, and since when. */
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
