/** Servers that are killed, with their functions and their database, while programs run. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../chaos/random.ts'
import { startCluster } from '../cluster.ts'
import { createPostgres, sharedPostgres } from '../databases.ts'
import { startOnSqlite } from '../engines.ts'
import { commandOf, listWorkerProcesses } from '../pool.ts'
import { freePort, type TestServer } from '../server.ts'

/** `worker`: a process of a function, or one from which functions are copied. */
export type Victim = 'server' | 'worker' | 'database'

export type Servers = {
  /** Returns a server by chance, which may be starting again. */
  any(): TestServer
  /** Resolves when the next server or the database has started. */
  kill(victim: Victim): Promise<void>
  close(): Promise<void>
}

type Options = { readonly env: Readonly<Record<string, string>>; readonly count: number; readonly random: Random }
type Database = { readonly down: () => Promise<void>; readonly up: () => Promise<void> }

export async function startServers(engine: 'SQLite' | 'PostgreSQL', options: Options): Promise<Servers> {
  return engine === 'SQLite' ? await startOne(options) : await startMany(options)
}

/** The next server takes the same port. */
async function startOne({ env, random }: Options): Promise<Servers> {
  const first = await startOnSqlite({ ...env, WORKFLOWS_PORT: String(await freePort()) })
  const live: TestServer[] = [first]
  const killer = killing(live, first.again, null, random)
  const close = async () => {
    await killer.settled()
    for (const server of live) if (server !== first) await server.stop()
    await first.close()
  }
  return { ...killer, close }
}

/** Several servers have a PostgreSQL of their own, which can be killed. */
async function startMany({ env, count, random }: Options): Promise<Servers> {
  const postgres = count === 1 ? null : createPostgres()
  const cluster = await startCluster(count, env, postgres ?? sharedPostgres())
  const killer = killing([...cluster.servers], cluster.start, postgres, random)
  const close = async () => {
    await killer.settled()
    await cluster.close()
  }
  return { ...killer, close }
}

function killing(
  live: TestServer[],
  start: () => Promise<TestServer>,
  database: Database | null,
  random: Random,
): Omit<Servers, 'close'> & { settled(): Promise<unknown> } {
  let last: Promise<unknown> = Promise.resolve()
  const any = (): TestServer => {
    const server = live[random.whole(0, live.length - 1)]
    if (server === undefined) throw new Error('no server was started')
    return server
  }
  const kill = {
    async server() {
      const index = random.whole(0, live.length - 1)
      await live[index]?.stop('SIGKILL')
      live[index] = await start()
    },
    async worker() {
      // Without the broker of connections, a step fails as without a network.
      const pids = listWorkerProcesses(any().process.pid).filter((pid) => !commandOf(pid).includes('broker.py'))
      const pid = pids[random.whole(0, pids.length - 1)]
      if (pid !== undefined) endProcess(pid)
    },
    async database() {
      await database?.down()
      await sleep(random.whole(0, 1000))
      await database?.up()
    },
  }
  return {
    any,
    async kill(victim) {
      const killed = kill[victim]()
      last = killed.catch(() => {})
      await killed
    },
    // A server that starts after the end of the test would stay.
    settled: () => last,
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has ended before.
  }
}
