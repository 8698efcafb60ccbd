import { sql } from 'kysely'
import type { Engine } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'

const ADVISORY_LOCK = 4400_0092

/** Registrations do not see each other's uncommitted rows. */
export async function lockPasskeys(db: Db, engine: Engine): Promise<void> {
  if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(db)
}
