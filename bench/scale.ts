/**
 * Two hundred thousand workflows with schedules, and a long history, on PostgreSQL: for each thing that the program does all
 * the time, the pages that its statements read and how long it takes, at a quarter of the runs and at all of them.
 * `BENCH_RUNS`, `BENCH_WORKFLOWS` and `BENCH_DAYS` change the numbers. Plans that read more than a thousand pages are printed. Fails when what
 * is read grows with the history.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Database } from '../src/store/database/database.ts'
import { openDatabase } from '../src/store/database/engines/open.ts'
import type { Db } from '../src/store/database/tables/tables.ts'
import type { Store } from '../src/store/store.ts'
import { createDirectory, createPostgres, openStore } from '../test/helpers/databases.ts'
import { FIRST_PAGE, finish, newRun, outcome } from '../test/helpers/store-data.ts'
import { vacuum } from './both-engines.ts'
import { report } from './report.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 1_000_000)
const WORKFLOWS = Number(process.env.BENCH_WORKFLOWS ?? 200_000)
const ROUNDS = 5
const QUEUED = 200_000
/** They have all of these. */
const FULL = Array.from({ length: 20 }, (_, index) => `wf_${String(101 + index).padStart(26, '0')}`)
const DUE = 500
const MANY_PAGES = 1000
/** With four times the history a statement may read twice the pages, and those of some deeper indexes. */
const MAX_GROWTH = 2
const MAX_MORE_PAGES = 200
/** These read the runs of a time, of which the first quarter of the history has none. */
const OF_A_TIME = ['counts of all workflows, of a day', 'chart of a day, all', 'chart of 30 days, one workflow']
const DAY_MS = 86_400_000
const NOW = Date.now()
const DAYS = Number(process.env.BENCH_DAYS ?? 100)
/** Runs of the last hundred days. */
const FIRST = NOW - DAYS * DAY_MS

const endings: (() => void | Promise<void>)[] = []
const bench = { after: (fn: () => void | Promise<void>) => endings.push(fn) }
// Every statement's plan, as it was carried out, is written to a log.
const postgres = createPostgres([
  'shared_preload_libraries=auto_explain',
  'auto_explain.log_min_duration=0',
  'auto_explain.log_analyze=on',
  'auto_explain.log_timing=off',
  'auto_explain.log_buffers=on',
  'auto_explain.log_format=json',
  'auto_explain.log_level=log',
  'logging_collector=on',
  'log_directory=log',
  'log_filename=plans.log',
  'log_rotation_age=0',
  'log_rotation_size=0',
  'shared_buffers=1GB',
  'max_wal_size=8GB',
])
const rows = new Map<string, Record<string, string | number>>()
/** Pages at a quarter of the runs, and at all. */
const pagesRead = new Map<string, number[]>()
try {
  const options = { databaseUrl: await postgres.createDatabase(), dataDir: createDirectory(bench) }
  await (await openStore(bench, options)).close()
  const database = await openDatabase(options)
  const log = await findLog((text) => database.read((db) => sql.raw<{ value: string }>(text).execute(db)))
  await database.maintain(makeWorkflows)
  for (const [from, to] of [
    [0, RUNS / 4],
    [RUNS / 4, RUNS],
  ] as const) {
    const start = performance.now()
    await database.maintain((db) => makeRuns(db, from, to))
    await vacuum(options.databaseUrl)
    console.log(`${to} runs after ${Math.round((performance.now() - start) / 1000)} s`)
    const store = await openStore(bench, options)
    await measureAll(store, database, `${to.toLocaleString('en-US')} runs`, log)
    await store.close()
  }
  await database.close()
  console.table([...rows.values()])
  await report('scale', [...rows.values()])
  for (const [what, [few = 0, all = 0]] of pagesRead) {
    if (OF_A_TIME.includes(what) || all <= few * MAX_GROWTH + MAX_MORE_PAGES) continue
    console.error(`${what}: ${few} pages became ${all}, so it reads what grows with the history`)
    process.exitCode = 1
  }
} finally {
  for (const end of endings.reverse()) await end()
  await postgres.stop()
}

async function findLog(query: (text: string) => Promise<{ rows: { value: string }[] }>): Promise<string> {
  const [row] = (await query("select current_setting('data_directory') as value")).rows
  const directory = join(row?.value ?? '', 'log')
  return join(directory, readdirSync(directory).find((name) => name.endsWith('.log')) ?? '')
}

/** One in ten is a hook; the others have a schedule, of which some are due now and the rest within a day. */
async function makeWorkflows(db: Db): Promise<void> {
  await sql
    .raw(`insert into workflows (id, name, search, kind, description, enabled, archived, runtime, timeout_seconds,
        max_concurrency, isolation, body_limit_bytes, schedule_json, hook_key, deployed_version_id, deployed_version, created_at, updated_at)
      select 'wf_' || lpad(n::text, 26, '0'), 'Workflow ' || n, 'workflow ' || n, case when n % 10 = 0 then 'catch' else 'pull' end,
        '', 1, 0, 'python3', 30, 8, 'fresh', 1048576,
        case when n % 10 = 0 then null else '{"every_seconds":86400,"overlap":"queue","missed":"last"}' end,
        case when n % 10 = 0 then 'key_' || lpad(n::text, 28, '0') end, 'ver_' || lpad(n::text, 26, '0'), 1, ${FIRST} + n, ${FIRST} + n
      from generate_series(1, ${WORKFLOWS}) as n`)
    .execute(db)
  await sql.raw(`insert into settings_totals (workflow_id, count, bytes) select id, 0, 0 from workflows`).execute(db)
  await sql
    .raw(`insert into versions (id, workflow_id, number, source, message, created_at)
      select deployed_version_id, id, 1, 'def workflow(): pass', '', created_at from workflows`)
    .execute(db)
  await sql
    .raw(`insert into schedules (workflow_id, anchor_at, next_at)
      select id, ${FIRST}, ${NOW} + (row_number() over (order by id) - ${DUE}) * ${DAY_MS / WORKFLOWS} from workflows where kind = 'pull'`)
    .execute(db)
}

/** Oldest first; one in a thousand failed, and one workflow in a hundred has half of all. The indexes are made anew, which is quicker. */
async function makeRuns(db: Db, from: number, to: number): Promise<void> {
  const { rows: indexes } = await sql
    .raw<{ name: string; text: string }>(
      `select indexname as name, indexdef as text from pg_indexes where tablename = 'runs' and indexname not like '%pkey'`,
    )
    .execute(db)
  for (const { name } of indexes) await sql.raw(`drop index "${name}"`).execute(db)
  await sql.raw('set local session_replication_role = replica').execute(db)
  await insertRuns(db, from, to)
  for (const { text } of indexes) await sql.raw(text).execute(db)
}

async function insertRuns(db: Db, from: number, to: number): Promise<void> {
  const many = Math.max(1, Math.round(WORKFLOWS / 100))
  await sql
    .raw(`insert into runs (id, workflow_id, version_id, trigger, status, code, keep_settings, created_at, started_at, finished_at,
        timing_json, server_id, attempt, attended, status_code, trace_id)
      select 'run_' || lpad(to_hex(${FIRST} + (n * ${((NOW - FIRST) / RUNS).toFixed(4)})::bigint), 12, '0') || lpad(n::text, 14, '0'),
        'wf_' || lpad((1 + case when n % 2 = 0 then n / 2 % ${many} else n % ${WORKFLOWS} end)::text, 26, '0'), null,
        case when n % 3 = 0 then 'hook' else 'schedule' end,
        case when n % 1000 = 0 then 'failed' else 'succeeded' end, case when n % 1000 = 0 then 'exception' end, 1,
        at, at, at + 5, '{"queue":0.1,"run":3}', 'srv_1', 1, 0, 200, md5(n::text)
      from (select n, ${FIRST} + (n * ${((NOW - FIRST) / RUNS).toFixed(4)})::bigint as at from generate_series(${from + 1}, ${to}) as n) as made`)
    .execute(db)
  await sql
    .raw(`insert into ticks (workflow_id, due_at, outcome, run_id, attempts)
      select workflow_id, created_at, 'ran', id, 1 from runs where trigger = 'schedule' on conflict do nothing`)
    .execute(db)
}

/** A backlog of workflows whose slots are all taken. */
async function queueRuns(db: Db): Promise<void> {
  await sql
    .raw(`insert into runs (id, workflow_id, trigger, status, keep_settings, created_at, not_before, attempt, attended, trace_id)
      select 'run_queued' || lpad(n::text, 20, '0'), 'wf_' || lpad((101 + n % ${FULL.length})::text, 26, '0'), 'hook', 'queued', 1,
        ${NOW} - ${QUEUED} + n, ${NOW} - ${QUEUED} + n, 1, 0, md5(n::text)
      from generate_series(1, ${QUEUED}) as n`)
    .execute(db)
  await sql.raw('analyze runs').execute(db)
}

async function measureAll(store: Store, database: Database, column: string, log: string): Promise<void> {
  const note = async (what: string, work: () => Promise<unknown>) => {
    const figures: { ms: number; pages: number }[] = []
    for (let round = 0; round < ROUNDS; round += 1) figures.push(await measure(log, work))
    const [, , median = { ms: 0, pages: 0 }] = figures.toSorted((a, b) => a.pages - b.pages)
    const ms = figures.map((figure) => figure.ms).toSorted((a, b) => a - b)[2] ?? 0
    const row = { what, ...rows.get(what), [`${column}: pages`]: median.pages, [`${column}: ms`]: ms.toFixed(1) }
    rows.set(what, row)
    pagesRead.set(what, [...(pagesRead.get(what) ?? []), median.pages])
    console.log(`  ${what}: ${median.pages} pages, ${ms.toFixed(1)} ms`)
  }
  const busy = 'wf_00000000000000000000000002'
  const ids = Array.from({ length: 50 }, (_, index) => `wf_${String(index + 1).padStart(26, '0')}`)
  await note('the next tick', () => store.schedules.nextDueAt())
  await note(`${DUE} schedules that are due`, () => store.schedules.due(NOW, DUE))
  await note('a run stored and ended', async () => {
    const run = newRun(busy, { createdAt: NOW })
    await store.runs.insert(run)
    await finish(store, run, outcome())
  })
  await note('10 runs queued and claimed', async () => {
    await Promise.all(
      Array.from({ length: 10 }, () => store.runs.insert(newRun(busy, { createdAt: NOW, startedAt: null }))),
    )
    for (const run of await store.runs.claim(10, NOW, [])) await finish(store, run, outcome())
  })
  await note('a claim from an empty queue', () => store.runs.claim(10, NOW, []))
  await database.maintain(queueRuns)
  await note(`a claim past ${QUEUED.toLocaleString('en-US')} runs of full workflows`, () =>
    store.runs.claim(1, NOW, FULL),
  )
  await database.maintain((db) => sql.raw(`delete from runs where status = 'queued'`).execute(db))
  await note('a look for lost runs', () => store.runs.recoverLost(NOW))
  await note('workflows, first page', () => store.workflows.list({}, FIRST_PAGE))
  await note('workflows, by name', () => store.workflows.list({ sort: 'name' }, FIRST_PAGE))
  await note('workflows, found by text', () => store.workflows.list({ q: 'flow 77' }, FIRST_PAGE))
  await note('the last runs of a page of workflows', () => store.runs.listLast(ids, 10))
  await note('counts of all workflows, of a day', () => store.runs.count({ since: NOW - DAY_MS, until: NOW }, 30))
  await note('runs, first page', () => store.runs.list({}, FIRST_PAGE))
  await note('runs of one workflow', () => store.runs.list({ workflowId: busy }, FIRST_PAGE))
  await note('failing runs', () => store.runs.list({ failing: true }, FIRST_PAGE))
  await note('failing runs of one workflow', () => store.runs.list({ workflowId: busy, failing: true }, FIRST_PAGE))
  await note('chart of a day, all', () => store.runs.getStats({ since: NOW - DAY_MS, until: NOW, buckets: 48 }))
  const month = { since: NOW - 30 * DAY_MS, until: NOW, buckets: 48 }
  await note('chart of 30 days, one workflow', () => store.runs.getStats({ workflowId: busy, ...month }))
  await note('ticks of one workflow', () => store.schedules.listTicks(busy, FIRST_PAGE))
  await note('the next ticks of all', () => store.schedules.listNextTicks(50))
  await note('retention of 50 workflows, nothing to delete', () => store.upkeep.findOld(ids, FIRST))
  await note('50 old runs deleted', () => store.upkeep.deleteRunsBefore(null, { createdAt: NOW - 90 * DAY_MS, id: '' }))
  await note('sweep of keys and dead letters', () => store.sweep(NOW))
}

type Plan = { 'Query Text': string; Plan: Record<string, number> }

async function measure(log: string, work: () => Promise<unknown>): Promise<{ ms: number; pages: number }> {
  await settled()
  const before = readFileSync(log).length
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  await settled()
  const plans = parsePlans(readFileSync(log).subarray(before).toString('utf8'))
  const pagesOf = ({ Plan }: Plan) => (Plan['Shared Hit Blocks'] ?? 0) + (Plan['Shared Read Blocks'] ?? 0)
  for (const plan of plans)
    if (pagesOf(plan) > MANY_PAGES) console.log(`    ${pagesOf(plan)}: ${plan['Query Text'].slice(0, 300)}`)
  return { ms, pages: plans.reduce((sum, plan) => sum + pagesOf(plan), 0) }
}

/** The log is written by a process of its own. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60))
}

/** Each entry ends before a line that begins with a date; its JSON is indented by a tab. */
function parsePlans(text: string): readonly Plan[] {
  return text
    .split(/^\d{4}-\d\d-\d\d .*? LOG: {2}duration: [\d.]+ ms {2}plan:\n/m)
    .slice(1)
    .map((entry) => JSON.parse(entry.slice(0, entry.lastIndexOf('\n\t}') + 3)))
}
