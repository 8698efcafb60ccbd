/**
 * One server, and two on one PostgreSQL, with the same callers of one hook; and one on SQLite: runs a second, and for one run the
 * microseconds of processor of each part and the transactions of the database. `BENCH_BEFORE` names a folder with other code,
 * measured in turn.
 */

import { join, resolve } from 'node:path'
import pg from 'pg'
import { startCluster } from '../test/helpers/cluster.ts'
import { createPostgres } from '../test/helpers/databases.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { createTarget, measureAll, round, type Target } from './measure-hooks.ts'
import { partsOf, secondsOf } from './packages/threads.ts'
import { report } from './report.ts'

const CALLERS = 32
/** More than the callers need. */
const SLOTS = Number(process.env.BENCH_SLOTS ?? 64)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const BEFORE = process.env.BENCH_BEFORE

type Side = {
  readonly name: string
  readonly servers: readonly TestServer[]
  readonly targets: readonly Target[]
  pids(): Promise<readonly number[]>
  /** So far. */
  transactions(): Promise<number>
}
type Measured =
  | 'runs/s'
  | 'p50 ms'
  | 'event loop, µs'
  | 'its threads, µs'
  | 'functions, µs'
  | 'PostgreSQL, µs'
  | 'callers, µs'
  | 'transactions'
type Figure = Readonly<Record<Measured, number>>

const figures = new Map<Side, Figure[]>()
const endings: (() => Promise<void>)[] = []
try {
  const sides: Side[] = []
  if (BEFORE !== undefined) {
    const { startCluster: startBefore } = await import(join(resolve(BEFORE), 'test/helpers/cluster.ts'))
    sides.push(
      await openSide(startBefore, 1, 'one server, before'),
      await openSide(startBefore, 2, 'two servers, before'),
    )
  }
  sides.push(await openSide(startCluster, 1, 'one server'), await openSide(startCluster, 2, 'two servers'))
  const sqlite = await startServer()
  endings.push(sqlite.close)
  sides.push({
    name: 'SQLite',
    servers: [sqlite],
    targets: [await createTarget(sqlite, 'SQLite', 'reuse', 'python3', SLOTS)],
    pids: async () => [],
    transactions: async () => 0,
  })
  for (const side of sides) figures.set(side, [])
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) {
      const figure = await measure(side)
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

async function openSide(start: typeof startCluster, count: number, name: string): Promise<Side> {
  const cluster = await start(count, {}, createPostgres())
  endings.push(cluster.close)
  const { servers } = cluster
  const [first] = servers
  if (first === undefined) throw new Error('a cluster has a server')
  const target = await createTarget(first, name, 'reuse', 'python3', SLOTS)
  const path = new URL(target.url).pathname
  const targets = servers.map(({ url }, index) => ({
    ...target,
    name: `${name} ${index}`,
    url: new URL(path, url).href,
  }))
  // Each of them has workers, and knows of the other.
  await measureAll(targets, CALLERS, { seconds: 2, rounds: 1 })
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  await client.connect()
  endings.push(() => client.end())
  const transactions = async () => {
    // A connection says what it did when it has been idle for a second.
    await new Promise((done) => setTimeout(done, 1100))
    const { rows } = await client.query<{ commits: string }>(
      'select xact_commit as commits from pg_stat_database where datname = current_database()',
    )
    return Number(rows[0]?.commits)
  }
  return { name, servers, targets, pids: cluster.postgres.pids, transactions }
}

async function measure({ servers, targets, pids, transactions }: Side): Promise<Figure> {
  const database = await pids()
  const commits = await transactions()
  const before = spent(servers, database)
  const measured = await Promise.all(
    targets.map((target) => measureAll([target], CALLERS / targets.length, { seconds: SECONDS, rounds: 1 })),
  )
  const after = spent(servers, database)
  const committed = (await transactions()) - commits
  const perSecond = measured.flat().reduce((sum, figure) => sum + figure.perSecond, 0)
  const runs = perSecond * SECONDS
  const perRun = (part: keyof typeof after) => Math.round(((after[part] - before[part]) * 1e6) / runs)
  return {
    'runs/s': Math.round(perSecond),
    'p50 ms': round(Math.max(...measured.flat().map(({ p50 }) => p50))),
    'event loop, µs': perRun('loop'),
    'its threads, µs': perRun('threads'),
    'functions, µs': perRun('below'),
    'PostgreSQL, µs': perRun('database'),
    'callers, µs': perRun('callers'),
    transactions: round(committed / runs),
  }
}

function spent(servers: readonly TestServer[], database: readonly number[]) {
  const parts = servers.map(({ process: { pid } }) => partsOf(pid ?? 0))
  const sum = (part: keyof ReturnType<typeof partsOf>) => parts.reduce((total, each) => total + each[part], 0)
  const { user, system } = process.cpuUsage()
  return {
    loop: sum('loop'),
    threads: sum('threads'),
    below: sum('below'),
    database: secondsOf(database),
    callers: (user + system) / 1e6,
  }
}

function medians(all: readonly Figure[]): Figure {
  const names = Object.keys(all[0] ?? {}) as Measured[]
  return Object.fromEntries(names.map((name) => [name, median(all.map((figure) => figure[name]))])) as Figure
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
