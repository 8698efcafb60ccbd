/**
 * What the store costs, on both engines: runs stored a second (insert and finish, each flushed), and how long it
 * takes to list, filter, open and measure at a million runs. Renews docs/evidence/performance.md. `BENCH_RUNS` changes the million.
 */

import { sql } from 'kysely'
import type { DatabaseOptions, Engine } from '../src/store/database/database.ts'
import { openDatabase } from '../src/store/database/engines/open.ts'
import type { Db } from '../src/store/database/tables/tables.ts'
import type { RunFilter } from '../src/store/runs/rows/records.ts'
import type { Store } from '../src/store/store.ts'
import { openStore } from '../test/helpers/databases.ts'
import type { PastRun } from '../test/helpers/many-runs.ts'
import {
  addVersion,
  addWorkflow,
  FIRST_PAGE,
  finish,
  newId,
  newRun,
  outcome,
  patchOf,
} from '../test/helpers/store-data.ts'
import { bench, measureBoth, note, noteTimes } from './both-engines.ts'
import { timed } from './figures.ts'

const SECONDS = Number(process.env.BENCH_SECONDS ?? 3)
const RUNS = Number(process.env.BENCH_RUNS ?? 1_000_000)
const WORKFLOWS = 20
const REQUEST = {
  method: 'POST',
  url: '/hooks/key',
  query: '',
  headers: [
    ['Content-Type', 'application/json'],
    ['Host', 'localhost'],
  ],
  body: Buffer.from(JSON.stringify({ file_url: 'https://company.storage.fr/file/profile_1.doc', id: 7 })),
} as const
const RESPONSE = { status: 200, headers: [['Content-Type', 'application/json']], body: '{"id": 7}' } as const
const LOGS = [{ at: 1, stream: 'stdout', text: 'looked at profile 7' }] as const

await measureBoth('store', async (engine, database) => {
  await measureWrites(engine, database)
  await seed(engine, database)
  await measureReads(engine, database)
})

async function measureWrites(engine: Engine, database: DatabaseOptions): Promise<void> {
  const store = await openStore(bench, database)
  const { id } = await addWorkflow(store)
  for (const settings of [false, true]) {
    for (const callers of [1, 32]) {
      const rate = await runsPerSecond(store, id, callers, settings)
      note(`runs/s, ${settings ? 'a setting changed' : 'answer and log'}, ${callers} at once`, engine, rate)
    }
  }
  await store.close()
}

async function runsPerSecond(store: Store, workflowId: string, callers: number, settings: boolean): Promise<number> {
  let count = 0
  const end = performance.now() + SECONDS * 1000
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() < end) {
        const run = newRun(workflowId, { createdAt: Date.now(), request: REQUEST })
        const [, snapshot] = await Promise.all([store.runs.insert(run), store.settings.getSnapshot(workflowId)])
        const patch = settings ? { patch: patchOf({ [`key${caller}`]: count }) } : {}
        await finish(store, run, outcome({ response: RESPONSE, logs: LOGS, ...patch }), snapshot)
        count += 1
      }
    }),
  )
  return Math.round(count / SECONDS)
}

/** In bulk, past the store: what is measured is reading. One run in a thousand failed, one in ten thousand was manual. */
async function seed(engine: Engine, options: DatabaseOptions): Promise<void> {
  const store = await openStore(bench, options)
  const workflows: Seeded[] = []
  for (let index = 0; index < WORKFLOWS; index += 1) {
    const { id } = await addWorkflow(store, { name: `Workflow ${index}` })
    workflows.push({ id, versionId: (await addVersion(store, id)).id })
  }
  await store.close()
  const database = await openDatabase(options)
  const started = performance.now()
  const first = Date.now() - RUNS * 1000
  for (let done = 0; done < RUNS; done += 1000) {
    await database.write((db) => insertMany(db, workflows, first, done))
  }
  // What PostgreSQL does by itself from time to time.
  if (database.engine === 'postgres') await database.read((db) => sql`vacuum analyze`.execute(db))
  await database.close()
  console.log(`  ${engine}: ${RUNS} runs in place after ${Math.round((performance.now() - started) / 1000)} s`)
}

type Seeded = { readonly id: string; readonly versionId: string }

async function insertMany(db: Db, workflows: readonly Seeded[], first: number, done: number): Promise<void> {
  const rows = Array.from({ length: 1000 }, (_, index): PastRun => {
    const number = done + index
    const at = first + number * 1000
    // The first workflow has half of all runs.
    const workflow = workflows[number % 2 === 0 ? 0 : number % WORKFLOWS]
    return {
      id: newId('run', at),
      workflow_id: workflow?.id ?? '',
      version_id: workflow?.versionId ?? '',
      trigger: number % 10_000 === 0 ? 'manual' : 'hook',
      status: number % 1000 === 0 ? 'failed' : 'succeeded',
      keep_settings: 1,
      created_at: at,
      attempt: 1,
      started_at: at,
      finished_at: at + 5,
      timing_json: '{"queue":0.1,"run":3}',
      status_code: 200,
      attended: 0,
      server_id: 'srv_1',
    }
  })
  for (let start = 0; start < rows.length; start += 250) {
    const some = rows.slice(start, start + 250)
    await db.insertInto('runs').values(some).execute()
    const head_json = JSON.stringify({ ...REQUEST, body: undefined })
    const requests = some.map(({ id: run_id }) => ({ run_id, head_json, body: REQUEST.body, redacted: 0 as const }))
    await db.insertInto('run_requests').values(requests).execute()
    const result_json = JSON.stringify({ traceback: null, response: RESPONSE, result: null })
    const logs_json = JSON.stringify([[1, 'stdout', 'looked at profile 7']])
    await db
      .insertInto('run_results')
      .values(some.map(({ id: run_id }) => ({ run_id, result_json, logs_json })))
      .execute()
  }
}

async function measureReads(engine: Engine, options: DatabaseOptions): Promise<void> {
  const time = (name: string, work: () => Promise<unknown>) => noteTimes(`${name}, ms`, engine, work)
  const store = await openStore(bench, options)
  const { data: workflows } = await store.workflows.list({ q: 'workflow 0' }, FIRST_PAGE)
  const workflowId = workflows[0]?.id ?? ''
  const now = Date.now()
  const filters: Readonly<Record<string, RunFilter>> = {
    'all runs': {},
    'one workflow': { workflowId },
    failed: { status: 'failed' },
    failing: { failing: true },
    'failed, one workflow': { workflowId, status: 'failed' },
    'manual, one workflow': { workflowId, trigger: 'manual' },
    'timed out (none)': { status: 'timed_out' },
    'failed hooks of one day': {
      status: 'failed',
      trigger: 'hook',
      since: now - 5 * 86_400_000,
      until: now - 4 * 86_400_000,
    },
  }
  for (const [name, filter] of Object.entries(filters)) {
    await time(`list: ${name}`, () => store.runs.list(filter, FIRST_PAGE))
    const deep = Buffer.from(JSON.stringify([now - (RUNS / 2) * 1000, 'run_'])).toString('base64url')
    await time(`list: ${name}, half way down`, () => store.runs.list(filter, { limit: 50, cursor: deep }))
  }
  const { data } = await store.runs.list({ workflowId }, { limit: 200, cursor: null })
  let next = 0
  await time('open one', () => store.runs.get(data[next++ % data.length]?.id ?? ''))
  await time('its log', () => store.runs.listLogs(data[0]?.id ?? '', { limit: 10_000, cursor: null }))
  for (const [name, workflow] of [
    ['one workflow', workflowId],
    ['all', undefined],
  ] as const) {
    for (const days of [1, 30]) {
      const query = { workflowId: workflow, since: now - days * 86_400_000, until: now, buckets: 48 }
      await time(`chart of ${days} days, ${name}`, () => store.runs.getStats(query))
    }
  }
  await time('search that finds nothing, one step', () => store.runs.search({ workflowId }, 'nowhere', FIRST_PAGE))
  await time('counts of one day', () => store.runs.count({ since: now - 86_400_000, until: now }, 30))
  const ms = await timed(() => store.upkeep.findOverflow(workflowId, Number.MAX_SAFE_INTEGER))
  note('measure half of them for retention, s, with rests', engine, (ms / 1000).toFixed(1))
  await time('claim from an empty queue', () => store.runs.claim(10, now, []))
  await store.close()
}
