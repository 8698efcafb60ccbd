/** A pooler may silently drop required session features. */

import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import { StartError } from '../../../errors.ts'
import type { Db } from '../tables/tables.ts'
import { reasonOf } from './postgres-errors.ts'

const HEAR_MS = 5000

const DIRECT = 'WORKFLOWS_DATABASE_DIRECT_URL'
const POOLED = `DATABASE_URL leads to a pooler of connections that keeps no sessions, so signals between servers, locks and limits of time would be lost: name PostgreSQL itself in ${DIRECT}, too.`
const ELSEWHERE = `${DIRECT} leads to another database than DATABASE_URL, or to a pooler of connections: expected PostgreSQL itself.`

export async function assertSessions(db: Db, direct: pg.ClientConfig, hasDirectUrl: boolean): Promise<void> {
  if (!(await isHeard(db, direct, hasDirectUrl))) throw new StartError(hasDirectUrl ? ELSEWHERE : POOLED)
  const { rows } = await sql<{ name: string }>`
    select name from pg_settings
    where name in ('statement_timeout', 'idle_in_transaction_session_timeout') and setting = '0' order by name`.execute(
    db,
  )
  const names = rows.map(({ name }) => name)
  if (names.length === 0) return
  const set = names.map((name) => `alter role … set ${name} = '5s'`).join('; ')
  throw new StartError(
    `What DATABASE_URL leads to has no limit for ${names.join(' and ')}, as a pooler does not pass it on: a statement could hold its locks without end. Set it for the servers' role (${set}), and start again.`,
  )
}

/** A received notification proves that both use the same database and that `direct` keeps its session. */
async function isHeard(db: Db, direct: pg.ClientConfig, hasDirectUrl: boolean): Promise<boolean> {
  const channel = `workflows_start_${randomBytes(8).toString('hex')}`
  const client = new pg.Client(direct)
  client.on('error', () => {})
  const { promise: heard, resolve } = Promise.withResolvers<boolean>()
  client.on('notification', () => resolve(true))
  try {
    await client.connect().catch((error: unknown) => {
      if (!hasDirectUrl) throw error
      throw new StartError(`The PostgreSQL server of ${DIRECT} cannot be used (${reasonOf(error)}).`)
    })
    await client.query(`listen ${channel}`)
    await sql`select pg_notify(${channel}, '')`.execute(db)
    const timer = setTimeout(() => resolve(false), HEAR_MS)
    return await heard.finally(() => clearTimeout(timer))
  } finally {
    await client.end()
  }
}

export const refusalOfPooler = (error: unknown): StartError | null =>
  error instanceof Error && /unsupported startup parameter/i.test(error.message) ? new StartError(POOLED) : null
