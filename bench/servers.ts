/**
 * One server, and two on one PostgreSQL, with the same callers of one hook; and one on SQLite: runs a second, and for one run the
 * microseconds of processor of each part and the transactions of the database. `BENCH_BEFORE` names a folder with other code,
 * measured in turn.
 */

import { join, resolve } from 'node:path'
import { startCluster } from '../test/helpers/cluster.ts'
import { createPostgres } from '../test/helpers/databases.ts'
import { startServer } from '../test/helpers/server.ts'
import { median, round } from './figures.ts'
import { createTarget, measureAll } from './measure-hooks.ts'
import { type Figure, measureSide, medians, openSide, type Side } from './packages/sides.ts'
import { report } from './report.ts'

const CALLERS = 32
/** More than the callers need. */
const SLOTS = Number(process.env.BENCH_SLOTS ?? 64)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const BEFORE = process.env.BENCH_BEFORE

const figures = new Map<Side, Figure[]>()
const endings: (() => Promise<void>)[] = []
try {
  const sides: Side[] = []
  if (BEFORE !== undefined) {
    const { startCluster: startBefore } = await import(join(resolve(BEFORE), 'test/helpers/cluster.ts'))
    sides.push(await open(startBefore, 1, 'one server, before'), await open(startBefore, 2, 'two servers, before'))
  }
  sides.push(await open(startCluster, 1, 'one server'), await open(startCluster, 2, 'two servers'))
  const sqlite = await startServer()
  endings.push(sqlite.close)
  sides.push({
    name: 'SQLite',
    servers: [sqlite],
    targets: [await createTarget(sqlite, 'SQLite', { slots: SLOTS })],
    pids: async () => [],
    transactions: async () => 0,
  })
  for (const side of sides) figures.set(side, [])
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) {
      const figure = await measureSide(side, { callers: CALLERS, seconds: SECONDS })
      figures.get(side)?.push(figure)
      console.log(side.name, JSON.stringify(figure))
    }
  const rows = [...figures].map(([{ name }, all]) => ({
    server: name,
    ...medians(all),
    '× the first, in turns': round(median(all.map((figure, turn) => figure['runs/s'] / firstOf(turn)))),
  }))
  console.table(rows)
  await report('servers', rows)
} finally {
  for (const end of endings.reverse()) await end()
}

function firstOf(turn: number): number {
  const [first] = figures.values()
  return first?.[turn]?.['runs/s'] ?? Number.NaN
}

async function open(start: typeof startCluster, count: number, name: string): Promise<Side> {
  const cluster = await start(count, {}, createPostgres())
  endings.push(cluster.close)
  const [first] = cluster.servers
  if (first === undefined) throw new Error('a cluster has a server')
  const side = await openSide(cluster, await createTarget(first, name, { slots: SLOTS }))
  endings.push(side.end)
  // Each of them has workers, and knows of the other.
  await measureAll(side.targets, CALLERS, { seconds: 2, rounds: 1 })
  return side
}
