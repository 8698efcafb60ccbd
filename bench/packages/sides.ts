/** Servers on one database with callers of one hook, and the processor time of a run in each part of them. */

import pg from 'pg'
import type { Cluster } from '../../test/helpers/cluster.ts'
import type { Postgres } from '../../test/helpers/databases.ts'
import type { TestServer } from '../../test/helpers/server.ts'
import { median, round } from '../figures.ts'
import { measureAll, type Target } from '../measure-hooks.ts'
import { partsOf, secondsOf } from './processes.ts'

export type Side = {
  readonly name: string
  readonly servers: readonly TestServer[]
  readonly targets: readonly Target[]
  /** Processes of the database. */
  pids(): Promise<readonly number[]>
  /** Number of transactions that the database has committed. */
  transactions(): Promise<number>
}
export type Figure = Readonly<
  Record<
    | 'runs/s'
    | 'p50 ms'
    | 'event loop, µs'
    | 'its threads, µs'
    | 'functions, µs'
    | 'PostgreSQL, µs'
    | 'callers, µs'
    | 'transactions',
    number
  >
>
type Load = { readonly callers: number; readonly seconds: number }

/** Each server of the cluster serves the hook of `target`. The caller ends the connection. */
export async function openSide(cluster: Cluster<Postgres>, target: Target): Promise<Side & { end(): Promise<void> }> {
  const { servers, databaseUrl, postgres } = cluster
  const path = new URL(target.url).pathname
  const targets = servers.map(({ url }, index) => ({
    ...target,
    name: `${target.name} ${index}`,
    url: new URL(path, url).href,
  }))
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const transactions = async () => {
    // A connection reports what it did when it has been idle for a second.
    await new Promise((done) => setTimeout(done, 1100))
    const { rows } = await client.query<{ commits: string }>(
      'select xact_commit as commits from pg_stat_database where datname = current_database()',
    )
    return Number(rows[0]?.commits)
  }
  return { name: target.name, servers, targets, pids: postgres.pids, transactions, end: () => client.end() }
}

/** The callers are spread evenly over the servers. */
export async function measureSide(
  { servers, targets, pids, transactions }: Side,
  { callers, seconds }: Load,
): Promise<Figure> {
  const database = await pids()
  const commits = await transactions()
  const before = spent(servers, database)
  const measured = await Promise.all(
    targets.map((target) => measureAll([target], callers / targets.length, { seconds, rounds: 1 })),
  )
  const after = spent(servers, database)
  const committed = (await transactions()) - commits
  const perSecond = measured.flat().reduce((sum, figure) => sum + figure.perSecond, 0)
  const runs = perSecond * seconds
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

export function medians(all: readonly Figure[]): Figure {
  const names = Object.keys(all[0] ?? {}) as (keyof Figure)[]
  return Object.fromEntries(names.map((name) => [name, median(all.map((figure) => figure[name]))])) as Figure
}
