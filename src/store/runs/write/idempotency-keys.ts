import { sql } from 'kysely'
import { type IdempotencyKey, KEY_KEPT_MS } from '../../../domain/hooks/idempotency.ts'
import { UserError } from '../../../errors.ts'
import type { Database } from '../../database/database.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { NewRun } from '../rows/records.ts'

const SWEEP_BATCH = 1000

/** A key is kept while its run waits. */
const IS_WAITING = sql<boolean>`exists (
  select 1 from runs where runs.status = 'waiting'
    and (runs.id = idempotency_keys.run_id or runs.retry_of = idempotency_keys.run_id)
)`

export type IdempotencyKeys = {
  /** `body` is a digest. Null: unknown or expired. */
  findKey(id: string, now: number): Promise<{ readonly runId: string; readonly body: string } | null>
  sweepKeys(now: number): Promise<number>
}

export function createIdempotencyKeys(database: Database): IdempotencyKeys {
  return {
    findKey: (id, now) =>
      database.read(async (db) => {
        const row = await db
          .selectFrom('idempotency_keys')
          .select(['run_id', 'body_hash'])
          .where('id', '=', id)
          .where(({ eb, or }) => or([eb('created_at', '>', now - KEY_KEPT_MS), IS_WAITING]))
          .executeTakeFirst()
        return row === undefined ? null : { runId: row.run_id, body: row.body_hash }
      }),
    sweepKeys: (now) => database.write((db) => sweepKeys(db, now)),
  }
}

/** A concurrent second claim waits for the first commit, and throws `key_in_use`. */
export async function claimKey(db: Db, { id, body }: IdempotencyKey, run: NewRun): Promise<void> {
  const row = { body_hash: body, run_id: run.id, created_at: run.createdAt }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency_keys')
    .values({ id, ...row })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(row)
        .where('idempotency_keys.created_at', '<=', run.createdAt - KEY_KEPT_MS)
        .where(({ not }) => not(IS_WAITING)),
    )
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) throw keyInUse()
}

export const keyInUse = (): UserError =>
  new UserError(
    'key_in_use',
    'The first call with this idempotency key is still under way: call again for its answer.',
    {
      retryAfterSeconds: 1,
    },
  )

async function sweepKeys(db: Db, now: number): Promise<number> {
  const old = db
    .selectFrom('idempotency_keys')
    .select('id')
    .where('created_at', '<=', now - KEY_KEPT_MS)
    .where(({ not }) => not(IS_WAITING))
    .limit(SWEEP_BATCH)
    .forUpdate()
    .skipLocked()
  const { numDeletedRows } = await db.deleteFrom('idempotency_keys').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
}
