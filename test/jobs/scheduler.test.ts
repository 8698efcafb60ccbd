/** The scheduler over a real store, with a clock that jumps. What each plan decides is tested in test/domain/schedules/ticks.test.ts. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import type { Clock } from '../../src/clock.ts'
import type { Schedule } from '../../src/domain/schedules/schedule.ts'
import type { Workflow } from '../../src/domain/workflows/workflow.ts'
import { startScheduler } from '../../src/jobs/scheduler.ts'
import type { Tick } from '../../src/store/schedules/tick-lists.ts'
import type { Store } from '../../src/store/store.ts'
import { forEachDatabase, openSql, openStore } from '../helpers/databases.ts'
import { addVersion, addWorkflow } from '../helpers/store-data.ts'
import { until } from '../helpers/workflows.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)

const log = pino({ level: 'silent' })
const every = (seconds: number): Schedule => ({ every_seconds: seconds, overlap: 'allow', missed: 'last' })

async function addArmed(store: Store, schedule: Schedule, at = START): Promise<Workflow> {
  const workflow = await addWorkflow(store, { kind: 'pull', schedule, createdAt: at })
  await addVersion(store, workflow.id, true, at)
  return workflow
}

/** The scheduler's clock: the test sets its time, and ends each of the scheduler's pauses. */
class Passes implements Clock {
  time: number
  #paused = Promise.withResolvers<() => void>()
  constructor(time: number) {
    this.time = time
  }
  now = () => this.time
  monotonic = () => this.time
  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve())
      this.#paused.resolve(resolve)
    })
  }
  /** Resolves when the current pass is over. */
  async over(): Promise<void> {
    await this.#paused.promise
  }
  /** Lets the scheduler look at its schedules once more. */
  async next(): Promise<void> {
    const resume = await this.#paused.promise
    this.#paused = Promise.withResolvers()
    resume()
    await this.over()
  }
}

/** Resolves after the first pass. */
async function start(t: TestContext, store: Store, at: number): Promise<Passes> {
  const passes = new Passes(at)
  const scheduler = startScheduler({ store, log, clock: passes, onQueued: () => {} })
  t.after(() => scheduler.close())
  await passes.over()
  return passes
}

async function ticksOf(store: Store, { id }: Workflow): Promise<readonly Tick[]> {
  const { data } = await store.schedules.listTicks(id, { limit: 200, cursor: null })
  return [...data].reverse()
}

const outcomes = (ticks: readonly Tick[]) => ticks.map(({ outcome }) => outcome)

async function countRuns(store: Store, { id }: Workflow): Promise<number> {
  return (await store.runs.list({ workflowId: id }, { limit: 200, cursor: null })).data.length
}

forEachDatabase(({ engine, createDatabase }) => {
  test('Q01 a server that was down over three ticks runs once and records the others as missed', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflow = await addArmed(store, every(60))
    await start(t, store, START + 2 * MINUTE + 1)
    assert.deepEqual(outcomes(await ticksOf(store, workflow)), ['missed', 'missed', 'ran'])
    assert.equal(await countRuns(store, workflow), 1)
    assert.equal(await store.schedules.getNextTick(workflow.id), START + 3 * MINUTE)
  })

  // SQLite has one server.
  if (engine === 'postgres')
    test('Q02 a server that starts beside another takes no tick for missed that is due in that moment', async (t) => {
      const database = await createDatabase(t)
      const other = await openStore(t, database)
      const workflow = await addArmed(other, { ...every(60), overlap: 'skip', missed: 'none' })
      await start(t, await openStore(t, database), START + MINUTE + 300)
      assert.deepEqual(outcomes(await ticksOf(other, workflow)), ['missed', 'ran'])
    })

  test('Q10 D05 ticks that cannot be stored hold up no others, and are tried again with rests', async (t) => {
    const database = await createDatabase(t)
    const store = await openStore(t, database)
    const broken = await addArmed(store, every(60))
    const others = await Promise.all(Array.from({ length: 150 }, () => addArmed(store, every(60), START + 1)))
    const run = await openSql(t, database)
    const condition = `new.workflow_id = '${broken.id}'`
    await run(
      engine === 'sqlite'
        ? `create trigger full before insert on ticks when ${condition} begin select raise(abort, 'full'); end`
        : `create function full_disk() returns trigger language plpgsql as $$ begin raise 'full'; end $$;
           create trigger full_disk before insert on ticks for each row when (${condition}) execute function full_disk()`,
    )
    const errors: string[] = []
    const log = pino({ level: 'error' }, { write: (line: string) => errors.push(line) })
    const passes = new Passes(START + 2)
    const scheduler = startScheduler({ store, log, clock: passes, onQueued: () => {} })
    t.after(() => scheduler.close())
    await passes.over()
    assert.equal(errors.length, 1)
    for (const other of others) assert.equal((await ticksOf(store, other)).length, 1, 'in the first pass')
    await passes.next()
    assert.equal(errors.length, 2)
    assert.equal(await store.schedules.getNextTick(broken.id), START)
  })

  test('Q05 a clock that goes back an hour runs no tick again, and goes on where it was', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflow = await addArmed(store, every(60))
    const passes = await start(t, store, START)
    for (const time of [START + MINUTE, START - HOUR, START + MINUTE]) {
      passes.time = time
      await passes.next()
    }
    assert.equal(await countRuns(store, workflow), 2)
    passes.time = START + 2 * MINUTE
    await passes.next()
    assert.deepEqual(
      (await ticksOf(store, workflow)).map(({ dueAt }) => dueAt),
      [START, START + MINUTE, START + 2 * MINUTE],
    )
    assert.equal(await countRuns(store, workflow), 3)
  })

  test('Q06 a clock that goes forward a day runs once for all the ticks between', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflow = await addArmed(store, every(3600))
    const passes = await start(t, store, START)
    passes.time = START + DAY - 1
    await passes.next()
    const ticks = await ticksOf(store, workflow)
    assert.deepEqual(outcomes(ticks), ['ran', ...Array.from({ length: 22 }, () => 'missed'), 'ran'])
    assert.match(ticks.at(-1)?.reason ?? '', /caught up/)
    passes.time = START + DAY
    await passes.next()
    assert.deepEqual(outcomes((await ticksOf(store, workflow)).slice(24)), ['ran'], 'and goes on from there')
    assert.equal(await countRuns(store, workflow), 3)
  })

  test('Q09 a tick further away than a timer can count fires at its time, without work until then', async (t) => {
    const real = await openStore(t, await createDatabase(t))
    let looks = 0
    const store: Store = {
      ...real,
      schedules: {
        ...real.schedules,
        due(now, limit) {
          looks += 1
          return real.schedules.due(now, limit)
        },
      },
    }
    const yearly = { cron: '0 0 1 3 *', timezone: 'UTC', overlap: 'skip', missed: 'last' } as const
    const workflow = await addArmed(store, yearly)
    const due = Date.UTC(2026, 2, 1)
    assert.ok(due - START > 2 ** 31, 'a timer of so many milliseconds fires at once')
    const passes = await start(t, store, START)
    assert.equal(looks, 1)
    for (const time of [START, due - 25 * DAY, due - 1]) {
      passes.time = time
      await passes.next()
      assert.deepEqual(await ticksOf(store, workflow), [])
    }
    assert.equal(looks, 4)
    passes.time = due
    await passes.next()
    const [tick] = await ticksOf(store, workflow)
    assert.deepEqual([tick?.dueAt, tick?.outcome], [due, 'ran'])
    assert.equal(await store.schedules.getNextTick(workflow.id), Date.UTC(2027, 2, 1))
  })

  test('Q10 of many schedules in one moment each runs, and none twice', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const daily = { cron: '0 6 * * *', timezone: 'UTC', overlap: 'skip', missed: 'last' } as const
    // More than the scheduler takes at once; bench/schedules.ts has ten thousand.
    const workflows: Workflow[] = []
    for (let made = 0; made < 600; made += 50) {
      workflows.push(...(await Promise.all(Array.from({ length: 50 }, () => addArmed(store, daily)))))
    }
    // Two schedulers, as on two servers.
    const both = [await start(t, store, START), await start(t, store, START)]
    for (const passes of both) passes.time = START + 6 * HOUR
    await until(async () => {
      await Promise.all(both.map((passes) => passes.next()))
      return (await store.schedules.nextDueAt()) === START + 30 * HOUR
    })
    const { data } = await store.runs.list({}, { limit: 1000, cursor: null })
    assert.deepEqual(new Set(data.map(({ workflowId }) => workflowId)), new Set(workflows.map(({ id }) => id)))
    assert.equal(data.length, 600)
  })

  test('Q11 a schedule that was paused for a week goes on with one tick, not with a week of them', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflow = await addArmed(store, every(60))
    const passes = await start(t, store, START)
    await store.workflows.update(workflow.id, { enabled: false }, START + 1)
    passes.time = START + 7 * DAY
    await passes.next()
    assert.equal((await ticksOf(store, workflow)).length, 1)
    await store.workflows.update(workflow.id, { enabled: true }, passes.time)
    await passes.next()
    await passes.next()
    assert.deepEqual(
      (await ticksOf(store, workflow)).map(({ dueAt, outcome }) => [dueAt, outcome]),
      [
        [START, 'ran'],
        [START + 7 * DAY, 'ran'],
      ],
    )
  })

  for (const [name, changes] of Object.entries({
    deleted: { schedule: null },
    edited: { schedule: every(7200) },
    archived: { archived: true },
  })) {
    test(`Q12 a schedule that is ${name} during its run lets it end, and has none of its former ticks any more`, async (t) => {
      const store = await openStore(t, await createDatabase(t))
      const workflow = await addArmed(store, every(60))
      const passes = await start(t, store, START)
      const [run] = await store.runs.claim(1, START + 1, [])
      assert.equal(run?.version, 1)
      await store.workflows.update(workflow.id, changes, START + 2)
      await addVersion(store, workflow.id, true, START + 3)
      passes.time = START + 3 * MINUTE
      await passes.next()
      await passes.next()
      const times = (await ticksOf(store, workflow)).map(({ dueAt }) => dueAt)
      assert.deepEqual(times, name === 'edited' ? [START, START + 2] : [START])
      const running = await store.runs.get(run?.id ?? '')
      assert.deepEqual([running?.status, running?.version], ['running', 1])
    })
  }
})
