/**
 * Ten thousand schedules that are due in the same moment, on the real server: whether each ran and none twice, how late
 * their runs were queued and started, and how long all of them took. `BENCH_SCHEDULES` changes the number.
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStore } from '../src/store/create-store.ts'
import { createKeyring } from '../src/store/secrets/encryption.ts'
import { loadSecretKey } from '../src/store/secrets/secret-key.ts'
import { createDirectory } from '../test/helpers/databases.ts'
import { startServer } from '../test/helpers/server.ts'
import { addWorkflow, newId } from '../test/helpers/store-data.ts'
import { report } from './report.ts'

const SCHEDULES = Number(process.env.BENCH_SCHEDULES ?? 10_000)
const SOURCE = 'def workflow(settings):\n    settings["ran"] = settings.get("ran", 0) + 1\n'
const MINUTE_MS = 60_000
/** For the server to start before the moment comes. */
const LEAD_MS = 20_000

const endings: (() => void | Promise<void>)[] = []
const dataDir = createDirectory({ after: (fn) => endings.push(fn) })
try {
  const dueAt = await seed()
  const server = await startServer({ dataDir })
  endings.push(() => server.stop().then(() => {}))
  const database = new DatabaseSync(join(dataDir, 'workflows.db'), { readOnly: true })
  endings.push(() => database.close())
  await untilAllEnded(database)
  const rows = measure(database, dueAt)
  console.table(rows)
  await report('schedules', rows)
} finally {
  for (const end of endings.reverse()) await end()
  await rm(dataDir, { recursive: true, force: true })
}

/** Workflows whose one tick, of a day, is the same moment. Returns that moment. */
async function seed(): Promise<number> {
  const keyring = createKeyring(loadSecretKey(dataDir, true))
  const store = await createStore({ databaseUrl: null, dataDir, keyring, serverId: 'srv_seed' })
  // Making them takes a second for each 500.
  const dueAt = Math.ceil((Date.now() + SCHEDULES * 2 + LEAD_MS) / MINUTE_MS) * MINUTE_MS
  const due = new Date(dueAt)
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`
  const schedule = { cron, timezone: 'UTC', overlap: 'skip', missed: 'last' } as const
  for (let made = 0; made < SCHEDULES; made += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, SCHEDULES - made) }, async (_, index) => {
        const { id } = await addWorkflow(store, { name: `Schedule ${made + index}`, kind: 'pull', schedule })
        const version = {
          id: newId('ver'),
          workflowId: id,
          source: SOURCE,
          files: {},
          packages: null,
          message: '',
          createdAt: Date.now(),
          createdBy: null,
        }
        await store.workflows.createVersion(version, { deploy: true })
      }),
    )
  }
  await store.close()
  console.log(`${SCHEDULES} schedules are due at ${due.toISOString()}`)
  return dueAt
}

async function untilAllEnded(database: DatabaseSync): Promise<void> {
  const ended = database.prepare("SELECT count(*) AS count FROM runs WHERE status NOT IN ('queued', 'running')")
  for (let shownAt = 0; ; await sleep(500)) {
    const count = Number(ended.get()?.count)
    if (count >= SCHEDULES) return
    if (Date.now() - shownAt < 15_000) continue
    shownAt = Date.now()
    console.log(`  ${count} runs have ended`)
  }
}

type Row = Readonly<Record<string, string | number>>

function measure(database: DatabaseSync, dueAt: number): Row[] {
  const runs = database.prepare('SELECT workflow_id, status, created_at, started_at, finished_at FROM runs').all()
  const ticks = database.prepare('SELECT outcome FROM ticks').all()
  const ran = new Set(runs.map(({ workflow_id }) => workflow_id))
  const late = (column: string) => runs.map((run) => Number(run[column]) - dueAt).sort((a, b) => a - b)
  const at = (times: readonly number[], share: number) => times[Math.ceil(times.length * share) - 1] ?? Number.NaN
  const [queued, started, finished] = [late('created_at'), late('started_at'), late('finished_at')]
  const figures: [string, string | number][] = [
    ['schedules due in the same moment', SCHEDULES],
    ['ran', ran.size],
    ['ran twice', runs.length - ran.size],
    ['did not succeed', runs.filter(({ status }) => status !== 'succeeded').length],
    ['ticks skipped or missed', ticks.filter(({ outcome }) => outcome !== 'ran').length],
    ['queued after, p50', `${at(queued, 0.5)} ms`],
    ['queued after, p99', `${at(queued, 0.99)} ms`],
    ['started after, p50', `${seconds(at(started, 0.5))} s`],
    ['started after, p99', `${seconds(at(started, 0.99))} s`],
    ['all ended after', `${seconds(at(finished, 1))} s`],
    ['runs a second', Math.round((SCHEDULES / at(finished, 1)) * 1000)],
  ]
  return figures.map(([figure, value]) => ({ figure, value }))
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
