import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { systemClock } from '../../src/clock.ts'
import { startRetention, sweep } from '../../src/jobs/retention.ts'
import type { Store } from '../../src/store/store.ts'
import { forEachDatabase, openSql, openStore } from '../helpers/databases.ts'
import {
  addLine,
  addRun,
  addVersion,
  addWorkflow,
  FIRST_PAGE,
  finish,
  newRun,
  outcome,
  PERSON,
} from '../helpers/store-data.ts'

const DAY = 24 * 3600 * 1000
const NOW = Date.UTC(2026, 5, 1)
const clock = { ...systemClock, now: () => NOW }
const log = pino({ level: 'silent' })
/** Twelve batches. The pauses between them are four times as long as these, so more would take long on a busy machine. */
const OLD_RUNS = 600
const limits = { days: 30, bytes: 1e12, totalBytes: 1e12, auditDays: 730, auditLines: 1e6 }

async function addEnded(store: Store, workflowId: string, createdAt: number): Promise<string> {
  const run = await addRun(store, workflowId, { createdAt })
  await finish(store, run, outcome({ result: 'x' }))
  return run.id
}

async function sweepOnce(
  store: Store,
  given: Partial<typeof limits> = {},
  { at = NOW, partsDone = new Map(), durableDone = new Map() }: Partial<Parameters<typeof sweep>[1]> = {},
): Promise<number> {
  let deleted = 0
  const options = { store, log, clock, limits: { ...limits, ...given } }
  const { signal } = new AbortController()
  await sweep(options, {
    at,
    signal,
    measureFrom: new Map(),
    partsDone,
    durableDone,
    onDeleted: (count) => (deleted += count),
  })
  return deleted
}

const idsOf = async (store: Store, workflowId: string) =>
  (await store.runs.list({ workflowId }, { limit: 200, cursor: null })).data.map(({ id }) => id)

forEachDatabase(({ createDatabase }) => {
  test('each workflow keeps its runs for as many days as it says, or as the server does', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [usual, short] = [await addWorkflow(store), await addWorkflow(store, { retentionDays: 1, archived: true })]
    for (const days of [40, 29, 0.5]) {
      for (const { id } of [usual, short]) await addEnded(store, id, NOW - days * DAY)
    }
    assert.equal(await sweepOnce(store), 3)
    assert.deepEqual([(await idsOf(store, usual.id)).length, (await idsOf(store, short.id)).length], [2, 1])
    assert.equal(await sweepOnce(store), 0)
    assert.equal(await sweepOnce(store, { days: 7 }), 1)
  })

  test('ST100 nothing of a sleeping run is deleted, and the time of what is kept counts from its end', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const keepDays = { request: 2, answer: 2, logs: 2 }
    const privacy = { redact: [], identify: [], keep_days: keepDays }
    const { id: workflowId } = await addWorkflow(store, { retentionDays: 10, privacy })
    const source = 'import workflows\ndef workflow(): pass'
    const version = await addVersion(store, workflowId, true, 2000, source)
    const request = { method: 'POST', url: '/hooks/x', query: '', headers: [], body: Buffer.from('a body') }
    const begunAt = NOW - 90 * DAY
    const run = await addRun(store, workflowId, { createdAt: begunAt, versionId: version.id, durable: true, request })
    const part = { runId: run.id, workflowId, firstId: run.id, attempt: 1, part: 1 }
    const wait = { kind: 'sleep', name: 'nap', number: 1, until: NOW, attempts: 0, json: 'null' } as const
    const nothing = { questions: new Map(), proposals: new Map(), children: [] }
    const logs = [{ at: 1, stream: 'stdout', text: 'line' }] as const
    assert.ok(await store.runs.suspend({ part, waits: [wait], ...nothing, logs, at: begunAt }))
    // As one server sweeps, again and again.
    const done = { partsDone: new Map(), durableDone: new Map() }
    const sweepAt = (at: number) => sweepOnce(store, {}, { ...done, at })
    const kept = async () => [
      (await store.runs.get(run.id))?.request?.body.toString(),
      (await store.runs.listLogs(run.id, FIRST_PAGE)).data.length,
    ]
    assert.deepEqual([await sweepAt(NOW), await kept()], [0, ['a body', 1]])
    await store.runs.wakeDue(NOW, 10)
    await store.runs.claim(1, NOW, [])
    await finish(store, { ...run, part: { ...part, part: 2 } }, outcome(), new Map(), true, NOW)
    assert.deepEqual([await sweepAt(NOW + DAY), await kept()], [0, ['a body', 1]])
    assert.deepEqual([await sweepAt(NOW + 3 * DAY), await kept()], [0, [undefined, 0]])
    assert.equal(await sweepAt(NOW + 9 * DAY), 0)
    assert.equal(await sweepAt(NOW + 11 * DAY), 1)
  })

  test('each workflow keeps as many bytes of runs as it says, the newest ones', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [usual, small] = [await addWorkflow(store), await addWorkflow(store, { retentionBytes: 20_000 })]
    const ids: string[] = []
    for (let index = 0; index < 100; index += 1) ids.push(await addEnded(store, small.id, NOW - DAY + index))
    for (let index = 0; index < 10; index += 1) await addEnded(store, usual.id, NOW - DAY + index)
    await sweepOnce(store)
    const kept = await idsOf(store, small.id)
    assert.ok(kept.length > 20 && kept.length < 40, `${kept.length} runs of 512 bytes and a little are kept of 20 kB`)
    assert.deepEqual(kept, ids.slice(-kept.length).reverse())
    assert.equal((await idsOf(store, usual.id)).length, 10)
  })

  test('Y30 all workflows together keep as many bytes of runs as the server says, the newest ones', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [one, other] = [await addWorkflow(store), await addWorkflow(store)]
    for (let index = 0; index < 30; index += 1) {
      for (const { id } of [one, other]) await addEnded(store, id, NOW - DAY + index)
    }
    await sweepOnce(store, { totalBytes: 20_000 })
    const kept = [await idsOf(store, one.id), await idsOf(store, other.id)].map(({ length }) => length)
    assert.ok(
      kept.every((count) => count > 10 && count < 20),
      kept.join(),
    )
    assert.ok(Math.abs((kept[0] ?? 0) - (kept[1] ?? 0)) <= 1, kept.join())
    assert.equal(await sweepOnce(store, { totalBytes: 20_000 }), 0)
  })

  test('Y31 the audit log keeps its newest lines by age and number, and is append-only for all others', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const line = (at: number) =>
      addLine(store, { at, by: PERSON, action: 'sign_in.refuse', workflowId: null, detail: String(at) })
    for (let index = 0; index < 700; index += 1) await line(NOW - 800 * DAY + index)
    for (let index = 0; index < 20; index += 1) await line(NOW - index)
    const details = async () => (await store.audit.list({ limit: 1000, cursor: null })).data.map(({ detail }) => detail)
    await sweepOnce(store)
    assert.equal((await details()).length, 20)
    await sweepOnce(store, { auditLines: 5 })
    assert.deepEqual(
      await details(),
      [19, 18, 17, 16, 15].map((index) => String(NOW - index)),
    )
    const sql = await openSql(t, options)
    await assert.rejects(sql('delete from audit_log'), /append-only/)
    await assert.rejects(sql("update audit_log set action = 'x'"), /append-only/)
  })

  test('Y31 rate limits of addresses are deleted when they are old, or too many', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    assert.equal(await store.upkeep.deleteRateLimits(NOW, 10), 0)
    const sql = await openSql(t, options)
    await sql('create table "rateLimit" (id text, "key" text unique, count integer, "lastRequest" bigint)')
    const rows = Array.from({ length: 1200 }, (_, index) => `('${index}', 'k${index}', 1, ${NOW + index - 1000})`)
    await sql(`insert into "rateLimit" values ${rows.join()}`)
    const counts = []
    for (let count = -1; count !== 0; counts.push(count)) count = await store.upkeep.deleteRateLimits(NOW, 1e6)
    assert.deepEqual(counts, [500, 500, 0])
    assert.deepEqual([await store.upkeep.deleteRateLimits(0, 50), await store.upkeep.deleteRateLimits(0, 50)], [150, 0])
  })

  test('ticks go with the runs of their time', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const schedule = { every_seconds: 60, overlap: 'skip', missed: 'last' } as const
    const { id } = await addWorkflow(store, { kind: 'pull', schedule })
    const first = NOW - 31 * DAY
    await addVersion(store, id, true, first)
    const run = newRun(id, { createdAt: first, startedAt: null, trigger: 'schedule' })
    const skipped = (dueAt: number) => ({ dueAt, outcome: 'skipped', reason: 'overlap', run: null }) as const
    const ticks = [{ dueAt: first, outcome: 'ran', reason: null, run }, skipped(first + 60_000), skipped(NOW)] as const
    await store.schedules.applyTickPlan({ workflowId: id, expectedNextAt: first, nextAt: NOW + 60_000, ticks })
    await store.runs.claim(1, first, [])
    await finish(store, run, outcome())
    await sweepOnce(store)
    assert.deepEqual(
      (await store.schedules.listTicks(id, FIRST_PAGE)).data.map(({ dueAt }) => dueAt),
      [NOW],
    )
  })

  test('D15 while old runs are deleted, others are stored as ever, and none of them is touched', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { maxConcurrency: 100 })
    await Promise.all(Array.from({ length: OLD_RUNS }, (_, index) => addEnded(store, id, NOW - 40 * DAY + index)))
    // The clock was seen lately.
    await addEnded(store, id, NOW)
    const retention = startRetention({ store, log, clock, limits })
    t.after(() => retention.close())
    const fresh: string[] = []
    while (retention.state.deletedRuns < OLD_RUNS) {
      fresh.push(...(await Promise.all(Array.from({ length: 8 }, () => addEnded(store, id, NOW)))))
      await systemClock.sleep(20)
    }
    // Batches of it stand between those of the others, so these got on with their work meanwhile.
    assert.ok(fresh.length >= 8 * 5, `${fresh.length} runs were stored meanwhile`)
    const left = (await store.runs.list({ workflowId: id, until: NOW }, FIRST_PAGE)).data
    assert.deepEqual(left, [])
    for (const run of fresh) assert.equal((await store.runs.get(run))?.result, 'x')
  })

  test('a server beside an older one leaves it to that one', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await addEnded(store, id, NOW - 40 * DAY)
    const paused = Promise.withResolvers<number>()
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      paused.resolve(ms)
      return clock.sleep(ms, signal)
    }
    const servers = { ...store.servers, leads: async () => false }
    const retention = startRetention({ store: { ...store, servers }, log, clock: { ...clock, sleep }, limits })
    assert.equal(await paused.promise, 30_000, 'it looks at the leader again')
    await retention.close()
    assert.equal((await idsOf(store, id)).length, 1)
  })

  test('a clock that is a month ahead at a start deletes nothing for a day, and then what is old', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await addEnded(store, id, NOW - DAY / 2)
    const sweepAt = async (now: number): Promise<number> => {
      const { promise: swept, resolve } = Promise.withResolvers<void>()
      const returnSpace = async () => {
        resolve()
        return false
      }
      const retention = startRetention({
        store: { ...store, upkeep: { ...store.upkeep, returnSpace } },
        log,
        clock: { ...clock, now: () => now },
        limits,
      })
      await swept
      await retention.close()
      return (await idsOf(store, id)).length
    }
    const wrong = NOW + 31 * DAY
    assert.deepEqual([await sweepAt(wrong), await sweepAt(wrong + DAY / 2)], [1, 1])
    assert.equal(await sweepAt(wrong + DAY), 0, 'it is taken for right after a day')
  })

  test('it stops in the middle of its work when it is closed', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await Promise.all(Array.from({ length: 300 }, (_, index) => addEnded(store, id, index)))
    await addEnded(store, id, NOW)
    const retention = startRetention({ store, log, clock, limits })
    while (retention.state.deletedRuns === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await retention.close()
    assert.ok((await idsOf(store, id)).length > 1)
  })
})
