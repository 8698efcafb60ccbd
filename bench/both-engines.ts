/** Figures of SQLite and PostgreSQL side by side. */

import type { DatabaseOptions, Engine } from '../src/store/database/database.ts'
import { createDirectory, createPostgres } from '../test/helpers/databases.ts'
import { report } from './report.ts'

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

export function note(what: string, engine: Engine, value: string): void {
  rows.set(what, { what, ...rows.get(what), [engine]: value })
  console.log(engine, what, value)
}
