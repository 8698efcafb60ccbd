import { sql } from 'kysely'
import { type Db, isPostgres } from '../database/tables/tables.ts'

const ADVISORY_LOCK = 4400_0092

/** Registrations do not see each other's uncommitted rows. */
export async function lockPasskeys(db: Db): Promise<void> {
  if (isPostgres(db)) await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(db)
}
