/** The counts of charts equal a full scan of the runs. `COUNTED_RUNS=1000000` takes that many, `FUZZ_SEED` others. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createRandom } from '../../../../chaos/random.ts'
import { isUnavailable } from '../../../../src/errors.ts'
import type { Database, DatabaseOptions } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import { MAX_OPEN } from '../../../../src/store/runs/read/counted-runs.ts'
import { countRuns, selectTotals } from '../../../../src/store/runs/read/counts.ts'
import { selectRunStats } from '../../../../src/store/runs/read/stats.ts'
import type { StatsQuery } from '../../../../src/store/runs/rows/records.ts'
import { type Folded, foldCounts } from '../../../../src/store/runs/write/fold-counts.ts'
import { noteLate } from '../../../../src/store/runs/write/late-runs.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { SEED } from '../../../helpers/seed.ts'
import { addRun, addWorkflow, finish, newId, newRun, outcome } from '../../../helpers/store-data.ts'

const RUNS = Number(process.env.COUNTED_RUNS ?? 1500)
const MINUTE = 60_000
const DAY = 1440 * MINUTE
const START = 20_000 * DAY + 12_345
const NOW = START + 3 * DAY
/** Leaves a part uncounted that is within the limit of charts (MAX_RECENT). */
const MIDDLE = NOW - Math.floor((NOW - START) * Math.min(2 / 3, 100_000 / RUNS))
const BATCH = 500
const LATE = 300
/** More than MAX_CHECKED. */
const OPEN = 1100
const RUNNING = { status: 'running', warnings_json: null, finished_at: null, attempt: 1, retry_of: null }

const STATUSES = [
  'succeeded',
  'succeeded',
  'succeeded',
  'failed',
  'timed_out',
  'lost',
  'cancelled',
  'queued',
  'running',
]
const TRIGGERS = ['hook', 'hook', 'schedule', 'manual', 'replay', 'test', 'trial'] as const
const REPORTED = '[{"code":"reported_failure","message":"no"}]'

type Row = ReturnType<typeof randomRun>

const random = createRandom(SEED)
/** How often it is asked depends on how two servers come together. */
const crashes = createRandom(SEED + 1)
const pick = <T>(items: readonly T[]): T => items[random.whole(0, items.length - 1)] as T

function randomRun(workflow_id: string) {
  const status = pick(STATUSES)
  const created_at = START + Math.floor(random.next() * (NOW - START))
  const isEnded = status !== 'queued' && status !== 'running'
  const duration = Math.floor(Math.exp(random.next() * 12))
  return {
    id: newId('run', created_at),
    workflow_id,
    trigger: pick(TRIGGERS) as string,
    status,
    warnings_json: status === 'succeeded' && random.next() < 0.2 ? REPORTED : null,
    keep_settings: 1 as const,
    created_at,
    started_at: status === 'queued' || status === 'cancelled' ? null : created_at + 5,
    finished_at: isEnded ? created_at + 5 + duration : null,
    attempt: 1,
    retry_of: null as string | null,
  }
}

/** Some of the failures have a second attempt. */
function randomRuns(workflowIds: readonly string[]): readonly Row[] {
  return Array.from({ length: RUNS }, () => randomRun(pick(workflowIds))).flatMap((run) => {
    if (run.status !== 'failed' || random.next() < 0.5) return [run]
    return [run, { ...randomRun(run.workflow_id), trigger: run.trigger, attempt: 2, retry_of: run.id }]
  })
}

async function insert(database: Database, rows: readonly Row[]): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH)
    await database.write((db) =>
      db
        .insertInto('runs')
        .values(rows.slice(from, from + BATCH) as never)
        .execute(),
    )
}

const isFailed = ({ status, warnings_json }: Row): boolean =>
  ['failed', 'timed_out', 'lost'].includes(status) || warnings_json !== null

function percentile(rows: readonly Row[], share: number): number | null {
  const times = rows.flatMap(({ started_at, finished_at }) =>
    started_at === null || finished_at === null ? [] : [finished_at - started_at],
  )
  return times.sort((one, other) => one - other)[Math.max(0, Math.ceil(times.length * share) - 1)] ?? null
}

/** Allows 2 % and a rounded millisecond. */
function isNear(found: number | null, expected: number | null): boolean {
  if (found === null || expected === null) return found === expected
  return Math.abs(found - expected) <= expected * 0.02 + 1
}

type Time = { readonly since: number; readonly until: number; readonly tests?: boolean; readonly workflowId?: string }

const isIn = ({ workflow_id, trigger, created_at }: Row, time: Time): boolean =>
  (time.workflowId ?? workflow_id) === workflow_id &&
  (time.tests === true || (trigger !== 'test' && trigger !== 'trial')) &&
  created_at >= time.since &&
  created_at < time.until

const countsOf = (wanted: readonly Row[], rows: readonly Row[]) => {
  const retried = new Set(rows.map(({ retry_of }) => retry_of))
  return {
    total: wanted.length,
    failed: wanted.filter(isFailed).length,
    calls: wanted.filter(({ attempt }) => attempt === 1).length,
    failedCalls: wanted.filter((run) => isFailed(run) && !retried.has(run.id)).length,
  }
}

async function compareTotals(database: Database, rows: readonly Row[], time: Time): Promise<void> {
  const ids = [...new Set(rows.map(({ workflow_id }) => workflow_id))]
  const found = await database.read((db) => selectTotals(db, time, ids))
  const { failing, p95Ms, ...all } = await database.read((db) => countRuns(db, time, 9))
  const wanted = rows.filter((row) => isIn(row, time))
  assert.deepEqual(all, countsOf(wanted, rows))
  assert.ok(isNear(p95Ms, percentile(wanted, 0.95)), `p95 ${p95Ms}`)
  for (const workflowId of ids) {
    const own = rows.filter((row) => isIn(row, { ...time, workflowId }))
    const { p95Ms: ms = null, ...counts } = found.get(workflowId) ?? { ...countsOf([], []), p95Ms: null }
    assert.deepEqual(counts, countsOf(own, rows))
    assert.ok(isNear(ms, percentile(own, 0.95)), `p95 ${ms}`)
    const inList = failing.find((each) => each.workflowId === workflowId)
    assert.deepEqual(
      [inList?.total ?? 0, inList?.failed ?? 0],
      counts.failed > 0 ? [counts.total, counts.failed] : [0, 0],
    )
  }
}

async function compare(database: Database, rows: readonly Row[], query: StatsQuery): Promise<void> {
  const buckets = await database.read((db) => selectRunStats(db, query))
  for (const [index, bucket] of buckets.entries()) {
    const width = Math.ceil((query.until - query.since) / query.buckets)
    const end = buckets[index + 1]?.startsAt ?? query.since + width * query.buckets
    const wanted = rows.filter((row) => isIn(row, { ...query, since: bucket.startsAt, until: end }))
    const { p50Ms, p95Ms, ...counts } = bucket
    assert.deepEqual(counts, { startsAt: bucket.startsAt, ...countsOf(wanted, rows), isCapped: false })
    assert.ok(isNear(p50Ms, percentile(wanted, 0.5)), `p50 ${p50Ms} ${percentile(wanted, 0.5)}`)
    assert.ok(isNear(p95Ms, percentile(wanted, 0.95)), `p95 ${p95Ms} ${percentile(wanted, 0.95)}`)
  }
}

async function compareAll(database: Database, rows: readonly Row[]): Promise<void> {
  const workflowId = rows[0]?.workflow_id ?? ''
  for (const query of [
    { since: START, until: NOW, buckets: 48 },
    { since: START, until: NOW, buckets: 7, tests: true },
    { since: NOW - DAY, until: NOW, buckets: 48, workflowId },
    { since: NOW - 90 * MINUTE - 7, until: NOW - 1, buckets: 100 },
    { since: START - 400 * DAY + 1, until: NOW + DAY, buckets: 1, workflowId, tests: true },
  ])
    await compare(database, rows, query)
  for (const time of [
    { since: NOW - DAY, until: NOW },
    { since: START, until: NOW, tests: true },
    { since: NOW - 30_000, until: NOW },
  ])
    await compareTotals(database, rows, time)
}

/** Aborts some of the transactions, as a crash would. */
async function foldAll(database: Database, now: number): Promise<void> {
  for (let last: Pick<Folded, 'isMore' | 'after'> = { isMore: true, after: null }; last.isMore; ) {
    const { after } = last
    if (crashes.next() < 0.2) {
      const crash = database.write(async (db) => {
        await foldCounts(db, now, after)
        throw new Error('crash')
      })
      await assert.rejects(crash, (error: Error) => error.message === 'crash' || isUnavailable(error))
    }
    try {
      last = await database.write((db) => foldCounts(db, now, after))
    } catch (error) {
      // Of a million runs, a server may wait longer for the other than a statement takes at most. The job tries again.
      if (!isUnavailable(error)) throw error
    }
  }
}

/** Ends the newest of the runs that have not ended. Returns all runs. */
async function failOpen(database: Database, rows: readonly Row[], count: number): Promise<readonly Row[]> {
  const isOpen = ({ status }: Row): boolean => status === 'running' || status === 'queued'
  const ids = rows
    .filter(isOpen)
    .map(({ id }) => id)
    .sort()
    .slice(-count)
  const failed = new Set(ids)
  // One update of very many runs would take longer than a statement may.
  for (let from = 0; from < ids.length; from += BATCH)
    await database.write((db) =>
      db
        .updateTable('runs')
        .set(({ ref, eb }) => ({
          status: 'failed',
          started_at: ref('created_at'),
          finished_at: eb('created_at', '+', 40),
        }))
        .where('id', 'in', ids.slice(from, from + BATCH))
        .execute(),
    )
  return rows.map((run) =>
    failed.has(run.id)
      ? { ...run, status: 'failed', started_at: run.created_at, finished_at: run.created_at + 40 }
      : run,
  )
}

async function openCounted(
  t: TestContext,
  options: DatabaseOptions,
): Promise<{ database: Database; ids: readonly string[] }> {
  const store = await openStore(t, options)
  const ids = [(await addWorkflow(store)).id, (await addWorkflow(store)).id]
  // Two programs cannot open one SQLite database.
  await store.close()
  const database = await openDatabase(options)
  t.after(() => database.close())
  return { database, ids }
}

forEachDatabase(({ createDatabase }) => {
  test('counts of charts equal a full scan while runs are counted, end late, and are counted by two servers', async (t) => {
    const { database, ids } = await openCounted(t, await createDatabase(t))
    const rows = randomRuns(ids)
    await insert(database, rows)
    await database.write((db) => foldCounts(db, MIDDLE, null))
    await foldAll(database, MIDDLE + 1)
    await compareAll(database, rows)
    await Promise.all([foldAll(database, NOW), foldAll(database, NOW)])
    await compareAll(database, rows)
    const newest = await failOpen(database, rows, MAX_OPEN)
    await compareAll(database, newest)
    const ended = await failOpen(database, newest, RUNS)
    await foldAll(database, NOW + DAY)
    await compareAll(database, ended)
    const open = await database.read((db) => db.selectFrom('run_counts_open').selectAll().execute())
    assert.deepEqual(open, [])
  })

  test('runs that are stored after their time was counted are counted, also after a clock that was ahead', async (t) => {
    const { database, ids } = await openCounted(t, await createDatabase(t))
    const early = randomRuns(ids).slice(0, LATE)
    await insert(database, early)
    await foldAll(database, NOW + DAY)
    const late = randomRuns(ids).slice(0, LATE)
    await insert(database, late)
    await database.write(async (db) => {
      for (const { id, created_at } of late) await noteLate(db, id, created_at)
    })
    await compareAll(database, [...early, ...late])
    await foldAll(database, NOW + DAY)
    await compareAll(database, [...early, ...late])
    await foldAll(database, NOW + DAY + 1)
    await compareAll(database, [...early, ...late])
  })

  test('a server counts a run that it stores after its time was counted, at once and when it has ended', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const countAll = async (now: number) => {
      for (let isMore = true; isMore; ) isMore = await store.runs.foldCounts(now)
    }
    const total = async () => {
      const found = await store.runs.getTotals({ since: NOW - DAY, until: NOW }, [id])
      return [found.get(id)?.total ?? 0, found.get(id)?.failed ?? 0]
    }
    const first = newRun(id, { createdAt: NOW - 3 * MINUTE })
    await store.runs.insert(first)
    assert.deepEqual(await total(), [1, 0])
    await countAll(NOW)
    // The clock of this count was ahead.
    await countAll(NOW + DAY)
    const late = newRun(id, { createdAt: NOW - MINUTE })
    await Promise.all([countAll(NOW + DAY + 1), store.runs.insert(late)])
    const [later] = await Promise.all([
      addRun(store, id, { createdAt: NOW - MINUTE }),
      store.runs.foldCounts(NOW + DAY + 2),
    ])
    assert.deepEqual(await total(), [3, 0])
    for (const run of [first, late, later]) await finish(store, run, outcome({ status: 'failed' }))
    assert.deepEqual(await total(), [3, 3])
    await countAll(NOW + DAY + 3)
    assert.deepEqual(await total(), [3, 3])
  })

  test('runs that are too new to be counted do not make the job run again at once', async (t) => {
    const { database, ids } = await openCounted(t, await createDatabase(t))
    await foldAll(database, NOW)
    const later = NOW + MINUTE
    await insert(
      database,
      Array.from({ length: LATE * 2 }, () => ({ ...randomRun(ids[0] ?? ''), created_at: later })),
    )
    const folded = await database.write((db) => foldCounts(db, later, null))
    assert.equal(folded.isMore, false)
  })

  test('runs that end are counted although more runs than one check reads have not ended', async (t) => {
    const { database, ids } = await openCounted(t, await createDatabase(t))
    const rows = Array.from({ length: OPEN }, () => ({ ...randomRun(ids[0] ?? ''), ...RUNNING }))
    await insert(database, rows)
    await foldAll(database, NOW + DAY)
    const last = rows
      .map(({ id }) => id)
      .sort()
      .at(-1)
    const end = { status: 'failed' as const, finished_at: NOW }
    await database.write((db) =>
      db
        .updateTable('runs')
        .set(end)
        .where('id', '=', last ?? '')
        .execute(),
    )
    await foldAll(database, NOW + DAY)
    await compareAll(
      database,
      rows.map((run) => (run.id === last ? { ...run, ...end } : run)),
    )
    const left = await database.read((db) => db.selectFrom('run_counts_open').selectAll().execute())
    assert.equal(left.length, OPEN - 1)
  })
})
