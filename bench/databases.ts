/**
 * Hooks of a server on SQLite and of one on PostgreSQL, side by side in one run: both flush the request before the function
 * starts, and the result before the answer. `npm run bench -- databases` prints the table and renews docs/evidence/performance.md.
 */

import { startCluster } from '../test/helpers/cluster.ts'
import { startServer } from '../test/helpers/server.ts'
import { round } from './figures.ts'
import { createTarget, type Figure, measureAll } from './measure-hooks.ts'
import { report } from './report.ts'

const ISOLATIONS = ['reuse', 'fresh'] as const
const CALLERS = [1, 32] as const

type Row = Record<string, string | number>

const endings: (() => Promise<void>)[] = []
try {
  const sqlite = await startServer()
  endings.push(sqlite.close)
  const cluster = await startCluster(1)
  endings.push(cluster.close)
  const [postgres] = cluster.servers
  if (postgres === undefined) throw new Error('a cluster of one has a server')
  const rows: Row[] = []
  for (const isolation of ISOLATIONS) {
    const targets = [
      await createTarget(sqlite, 'SQLite', { isolation }),
      await createTarget(postgres, 'PostgreSQL', { isolation }),
    ]
    for (const callers of CALLERS) rows.push(rowOf(isolation, callers, await measureAll(targets, callers)))
  }
  console.table(rows)
  await report('databases', rows)
} finally {
  for (const end of endings.reverse()) await end()
}

function rowOf(isolation: string, callers: number, figures: readonly Figure[]): Row {
  const row: Row = { isolation, callers }
  for (const { name, p50, p99, perSecond } of figures) {
    row[`${name}: p50 ms`] = round(p50)
    row[`${name}: p99 ms`] = round(p99)
    row[`${name}: runs/s`] = Math.round(perSecond)
  }
  const [sqlite, postgres] = figures
  if (sqlite !== undefined && postgres !== undefined) row['× SQLite'] = round(postgres.perSecond / sqlite.perSecond)
  return row
}
