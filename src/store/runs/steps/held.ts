/** After a restore, waiting runs would repeat what they did since the backup. */

import { sql } from 'kysely'
import type { WaitingFor } from '../../../domain/runs/steps.ts'
import type { Db } from '../../database/tables/tables.ts'

/** A held run is never due. */
export async function holdWaiting(db: Db): Promise<void> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'waiting_json'])
    .where('status', '=', sql.lit<'waiting'>('waiting'))
    .execute()
  for (const { id, waiting_json } of rows) {
    const waits = readWaits(waiting_json).map((wait): WaitingFor => ({ ...wait, held: true }))
    await db
      .updateTable('runs')
      .set({ not_before: null, waiting_json: JSON.stringify(waits) })
      .where('id', '=', id)
      .execute()
  }
}

/** They continue when their wait is over. */
export async function releaseHeld(db: Db, limit: number): Promise<number> {
  const rows = await selectHeld(db, limit)
  for (const { id, waiting_json } of rows) {
    const waits = readWaits(waiting_json).map(({ held: _, ...wait }) => wait)
    await db
      .updateTable('runs')
      .set({ not_before: Math.min(...waits.map(({ until }) => until)), waiting_json: JSON.stringify(waits) })
      .where('id', '=', id)
      .execute()
  }
  return rows.length
}

export async function countHeld(db: Db, limit: number): Promise<number> {
  return (await selectHeld(db, limit)).length
}

export async function selectHeld(db: Db, limit: number) {
  return await db
    .selectFrom('runs')
    .select(['id', 'waiting_json'])
    .where('status', '=', sql.lit<'waiting'>('waiting'))
    .where('not_before', 'is', null)
    // Without this order PostgreSQL read all runs: 600 ms at 500,000.
    .orderBy('not_before')
    .orderBy('id')
    .limit(limit)
    .execute()
}

const readWaits = (json: string | null): readonly WaitingFor[] => (json === null ? [] : JSON.parse(json))
