/**
 * Functions that wait for another service: one, two and four servers on one PostgreSQL, 16 callers for each server. The
 * possible is a run for each caller and wait. `BENCH_WAIT_MS` changes the wait of 300 ms.
 */

import { type Cluster, startCluster } from '../test/helpers/cluster.ts'
import { createPostgres, type Postgres } from '../test/helpers/databases.ts'
import { median, round } from './figures.ts'
import { createTarget, measureAll } from './measure-hooks.ts'
import { type Figure, measureSide, medians, openSide, type Side } from './packages/sides.ts'
import { report } from './report.ts'

const CALLERS_PER_SERVER = 16
const WAIT_MS = Number(process.env.BENCH_WAIT_MS ?? 300)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const SOURCE = `
import time
def workflow(_request, settings):
    time.sleep(${WAIT_MS / 1000})
    return {"status_code": 200, "body": "done"}
`

const figures = new Map<Side, Figure[]>()
const endings: (() => Promise<void>)[] = []
try {
  for (const count of [1, 2, 4]) {
    const cluster = await startCluster(count, {}, createPostgres())
    endings.push(cluster.close)
    for (const isolation of ['reuse', 'fresh'] as const) figures.set(await open(cluster, isolation), [])
  }
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const [side, all] of turn % 2 === 0 ? figures : [...figures].reverse()) {
      all.push(await measureSide(side, { callers: callersOf(side), seconds: SECONDS }))
      console.log(side.name, JSON.stringify(all.at(-1)))
    }
  const rows = [...figures].map(([side, all]) => {
    const possible = (callersOf(side) * 1000) / WAIT_MS
    const figure = medians(all)
    return {
      servers: side.name,
      ...figure,
      'of the possible': round(figure['runs/s'] / possible),
      'processor, ms a run': round(median(all.map(processorOf)) / 1000),
    }
  })
  console.table(rows)
  await report('waiting', rows)
} finally {
  for (const end of endings.reverse()) await end()
}

/** Microseconds of a run on the servers and in PostgreSQL. */
function processorOf(figure: Figure): number {
  return figure['event loop, µs'] + figure['its threads, µs'] + figure['functions, µs'] + figure['PostgreSQL, µs']
}

function callersOf({ servers }: Side): number {
  return servers.length * CALLERS_PER_SERVER
}

async function open(cluster: Cluster<Postgres>, isolation: 'reuse' | 'fresh'): Promise<Side> {
  const [first] = cluster.servers
  if (first === undefined) throw new Error('a cluster has a server')
  const count = cluster.servers.length
  const target = await createTarget(first, `${count}, ${isolation}`, { isolation, slots: 256, source: SOURCE })
  const side = await openSide(cluster, target)
  endings.push(side.end)
  await measureAll(side.targets, CALLERS_PER_SERVER, { seconds: 2, rounds: 1 })
  return side
}
