/**
 * Runs stored after their time was counted are counted after their end. On PostgreSQL a trigger notes them, because
 * other servers count too. On SQLite a trigger takes 14 of 255 µs a call.
 */

import { sql } from 'kysely'
import type { Engine } from '../../database/database.ts'
import { type Db, isPostgres } from '../../database/tables/tables.ts'

/** Runs created before `until` need a note. */
export type CountedTime = { until: number }

/** During a count, SQLite checks each new run. */
export const unknownTime = (engine: Engine): CountedTime => ({ until: engine === 'sqlite' ? Infinity : -Infinity })

export async function noteLate(db: Db, id: string, createdAt: number): Promise<void> {
  if (isPostgres(db)) return
  await sql`insert into run_counts_open (run_id) select ${id} from run_counts_reach
    where ${createdAt} < until and ${createdAt} >= since`.execute(db)
}
