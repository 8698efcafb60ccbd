/** The tables of decisions, as a person with full access to the database sees and changes them. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { DatabaseOptions } from '../../src/store/database/database.ts'

export type Value = string | number | Uint8Array | null
export type Row = Readonly<Record<string, Value>>

export type Tables = {
  query(text: string, values?: readonly Value[]): Promise<readonly Row[]>
  /** Lets changes through that the database refuses otherwise. */
  withoutTriggers(work: () => Promise<void>): Promise<void>
  /** The database's own clock is so far ahead for each new connection. SQLite has none. */
  moveClock(aheadMs: number): Promise<void>
  close(): Promise<void>
}

const BUSY_MS = 60_000

export const openTables = ({ databaseUrl, dataDir }: DatabaseOptions): Promise<Tables> =>
  databaseUrl === null ? openSqlite(join(dataDir, 'workflows.db')) : openPostgres(databaseUrl)

const TRIGGERS = ['decisions_never_change', 'decisions_are_kept']

async function openSqlite(path: string): Promise<Tables> {
  const file = new DatabaseSync(path, { timeout: BUSY_MS })
  const query: Tables['query'] = async (text, values = []) => file.prepare(text).all(...values) as unknown as Row[]
  return {
    query,
    async withoutTriggers(work) {
      const made = await query(`select sql from sqlite_master where name in ('${TRIGGERS.join("','")}')`)
      for (const name of TRIGGERS) file.exec(`drop trigger ${name}`)
      await work()
      for (const { sql } of made) file.exec(String(sql))
    },
    moveClock: async () => {},
    close: async () => file.close(),
  }
}

const BIGINT = 20

async function openPostgres(databaseUrl: string): Promise<Tables> {
  const getTypeParser: typeof pg.types.getTypeParser = (id: number, format?: 'text' | 'binary') =>
    id === BIGINT ? Number : pg.types.getTypeParser(id, format as 'text')
  const client = new pg.Client({ connectionString: databaseUrl, types: { getTypeParser } })
  await client.connect()
  return {
    async query(text, values = []) {
      let number = 0
      const numbered = text.replaceAll('?', () => `$${++number}`)
      return (await client.query(numbered, [...values])).rows
    },
    async withoutTriggers(work) {
      await client.query('alter table decisions disable trigger user')
      await work()
      await client.query('alter table decisions enable trigger user')
    },
    async moveClock(aheadMs) {
      const moved = `select pg_catalog.clock_timestamp() + interval '1 millisecond' * ${aheadMs}`
      await client.query(
        `create or replace function public.clock_timestamp() returns timestamptz language sql volatile as '${moved.replaceAll("'", "''")}'`,
      )
      const [found] = (await client.query('select current_database() as name')).rows
      await client.query(`alter database "${found?.name}" set search_path = public, pg_catalog`)
    },
    close: () => client.end(),
  }
}
