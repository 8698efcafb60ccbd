/** Figures of SQLite and PostgreSQL side by side. */

import pg from 'pg'
import type { DatabaseOptions, Engine } from '../src/store/database/database.ts'
import { createDirectory, createPostgres } from '../test/helpers/databases.ts'
import { median, timed } from './figures.ts'
import { report } from './report.ts'

const ROUNDS = 20

const endings: (() => void | Promise<void>)[] = []
const rows = new Map<string, Record<string, string | number>>()

/** Helpers register functions here, which run after both measurements. */
export const bench = { after: (fn: () => void | Promise<void>) => endings.push(fn) }

/** Measures one engine after the other, prints a table and renews a section of the report. */
export async function measureBoth(
  section: Parameters<typeof report>[0],
  measure: (engine: Engine, options: DatabaseOptions) => Promise<void>,
): Promise<void> {
  const postgres = createPostgres()
  try {
    await measure('sqlite', { databaseUrl: null, dataDir: createDirectory(bench) })
    await measure('postgres', { databaseUrl: await postgres.createDatabase(), dataDir: createDirectory(bench) })
    console.table([...rows.values()])
    await report(section, [...rows.values()])
  } finally {
    for (const end of endings.reverse()) await end()
    await postgres.stop()
  }
}

/** What PostgreSQL does by itself from time to time. */
export async function vacuum(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('vacuum analyze')
  await client.end()
}

/** Prints and notes the median, in ms; in brackets the first and the slowest. */
export async function noteTimes(
  what: string,
  engine: Engine,
  work: () => Promise<unknown>,
  about = () => '',
): Promise<void> {
  const times: number[] = []
  for (let turn = 0; turn < ROUNDS; turn += 1) times.push(await timed(work))
  const [middle, first, slowest] = [median(times), times[0] ?? Number.NaN, Math.max(...times)].map((ms) =>
    ms.toFixed(2),
  )
  note(what, engine, `${middle} (${first}, ${slowest})${about()}`)
}

export function note(what: string, engine: Engine, value: string | number): void {
  rows.set(what, { what, ...rows.get(what), [engine]: value })
  console.log(engine, what, value)
}
