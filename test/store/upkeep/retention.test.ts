import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RunStatus } from '../../../src/domain/runs/run.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import {
  addRun,
  addVersion,
  addWorkflow,
  FIRST_PAGE,
  finish,
  historyOf,
  newRun,
  outcome,
  patchOf,
  putSetting,
  settingsOf,
} from '../../helpers/store-data.ts'

const request = (body: Buffer) => ({ method: 'POST', url: '/hooks/x', query: '', headers: [], body })
const before = (createdAt: number) => ({ createdAt, id: '' })
const LOGS = [{ at: 1, stream: 'stdout', text: 'line' }] as const

async function addEnded(store: Store, workflowId: string, createdAt: number, bytes = 10): Promise<string> {
  // Not to be compressed, so that its size is known.
  const body = Buffer.from(Array.from({ length: bytes }, (_, index) => (index * index * 31) % 251))
  const run = await addRun(store, workflowId, { createdAt, request: request(body) })
  await finish(store, run, outcome({ result: 'kept', logs: LOGS }))
  return run.id
}

const idsOf = async (store: Store, workflowId: string) =>
  (await store.runs.list({ workflowId }, FIRST_PAGE)).data.map(({ id }) => id)

forEachDatabase(({ engine, createDatabase }) => {
  test('ended runs before a moment go with all that belongs to them, others stay', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const [mine, other] = [await addWorkflow(store), await addWorkflow(store)]
    const old = await addEnded(store, mine.id, 1000)
    const young = await addEnded(store, mine.id, 5000)
    const foreign = await addEnded(store, other.id, 1000)
    assert.equal(await store.upkeep.deleteRunsBefore(mine.id, before(5000)), 1)
    assert.equal(await store.upkeep.deleteRunsBefore(mine.id, before(5000)), 0)
    assert.equal(await store.runs.get(old), null)
    assert.deepEqual((await store.runs.listLogs(old, FIRST_PAGE)).data, [])
    assert.deepEqual(await idsOf(store, mine.id), [young])
    assert.deepEqual(await idsOf(store, other.id), [foreign])
    assert.equal((await store.runs.listLogs(young, FIRST_PAGE)).data.length, 1)
    await store.close()
    const database = await openDatabase(options)
    t.after(() => database.close())
    for (const table of ['run_requests', 'run_results'] as const) {
      const rows = await database.read((db) => db.selectFrom(table).select('run_id').execute())
      assert.deepEqual(rows.map(({ run_id }) => run_id).sort(), [young, foreign].sort(), table)
    }
  })

  test('a run that is queued or under way is never deleted, and neither is the tick that names it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, {
      kind: 'pull',
      schedule: { every_seconds: 60, overlap: 'allow', missed: 'last' },
    })
    await addVersion(store, id, true, 1000)
    const running = await addRun(store, id, { createdAt: 900 })
    const queued = newRun(id, { createdAt: 1000, startedAt: null, trigger: 'schedule' })
    const skipped = { dueAt: 61_000, outcome: 'skipped', reason: 'overlap', run: null } as const
    const ticks = [{ dueAt: 1000, outcome: 'ran', reason: null, run: queued }, skipped] as const
    assert.equal(
      await store.schedules.applyTickPlan({ workflowId: id, expectedNextAt: 1000, nextAt: 121_000, ticks }),
      true,
    )
    assert.equal(await store.upkeep.deleteRunsBefore(id, before(1e12)), 0)
    assert.equal(await store.upkeep.deleteTicksBefore(id, 1e12), 1)
    const kept = await Promise.all([running.id, queued.id].map((run) => store.runs.get(run)))
    assert.deepEqual(
      kept.map((run): RunStatus | undefined => run?.status),
      ['running', 'queued'],
    )
    assert.deepEqual(
      (await store.schedules.listTicks(id, FIRST_PAGE)).data.map(({ runId }) => runId),
      [queued.id],
    )
    await store.runs.claim(1, 2000, [])
    await finish(store, queued, outcome())
    assert.equal(await store.upkeep.deleteRunsBefore(id, before(1e12)), 1)
    assert.equal(await store.upkeep.deleteTicksBefore(id, 1e12), 1)
  })

  test('a batch is small in runs and in bytes, and the oldest goes first', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (let index = 0; index < 60; index += 1) await addEnded(store, id, 1000 + index)
    const first = await store.upkeep.deleteRunsBefore(id, before(1e12))
    assert.ok(first > 0 && first < 60, `${first} at once`)
    const left = (await store.runs.list({ workflowId: id }, { limit: 200, cursor: null })).data
    assert.equal(left.at(-1)?.createdAt, 1000 + first)
    while ((await store.upkeep.deleteRunsBefore(id, before(1e12))) > 0);
    const random = randomBytes(3 * 1024 * 1024)
    for (let index = 0; index < 3; index += 1) {
      await finish(store, await addRun(store, id, { createdAt: 2000 + index, request: request(random) }), outcome())
    }
    assert.equal(await store.upkeep.deleteRunsBefore(id, before(1e12)), 1, 'two would be more than 4 MiB')
  })

  test('the newest runs that fit into the bytes of a workflow are kept', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const ids: string[] = []
    for (let index = 0; index < 10; index += 1) ids.push(await addEnded(store, id, 1000 + index, 3000))
    assert.equal(await store.upkeep.findOverflow(id, 1e9), null)
    const overflow = await store.upkeep.findOverflow(id, 15_000)
    assert.ok(overflow !== null)
    while ((await store.upkeep.deleteRunsBefore(id, overflow)) > 0);
    const kept = await idsOf(store, id)
    assert.deepEqual(kept, ids.slice(-kept.length).reverse())
    assert.ok(kept.length === 3 || kept.length === 4, `${kept.length} runs of some 3.6 kB are kept of 15 kB`)
    assert.equal(await store.upkeep.findOverflow(id, 15_000), null, 'then they fit')
  })

  test('history is deleted with its runs, and the rest still shows what was replaced', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'n', 0)
    await putSetting(store, id, 'by a person', 'kept')
    for (let n = 1; n <= 4; n += 1) {
      const run = await addRun(store, id, { createdAt: 1000 * n })
      await finish(store, run, outcome({ patch: patchOf({ n }) }), await store.settings.getSnapshot(id))
    }
    await store.upkeep.deleteRunsBefore(id, before(3000))
    assert.deepEqual(await historyOf(store, id, 'n'), [
      ['3', '4'],
      ['2', '3'],
    ])
    assert.deepEqual(await historyOf(store, id, 'by a person'), [[null, '"kept"']])
    assert.deepEqual(await settingsOf(store, id), { n: 4, 'by a person': 'kept' })
    await store.upkeep.deleteRunsBefore(id, before(1e12))
    assert.deepEqual(await historyOf(store, id, 'n'), [])
    await putSetting(store, id, 'n', 5)
    assert.deepEqual(await historyOf(store, id, 'n'), [['4', '5']])
  })

  // On PostgreSQL its own vacuum does it.
  if (engine === 'postgres') return
  test('space is given back to the file system', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    const random = randomBytes(1024 * 1024)
    for (let index = 0; index < 28; index += 1) {
      await finish(store, await addRun(store, id, { createdAt: 1000 + index, request: request(random) }), outcome())
    }
    const full = await store.upkeep.databaseBytes()
    assert.ok(full > 28 * 1024 * 1024, `${full} bytes`)
    assert.equal(await store.upkeep.returnSpace(), false, 'there is none to give')
    while ((await store.upkeep.deleteRunsBefore(id, before(1e12))) > 0);
    while (await store.upkeep.returnSpace());
    assert.ok((await store.upkeep.databaseBytes()) < full / 3)
    await store.close()
    const { size } = statSync(join(options.dataDir, 'workflows.db'))
    assert.ok(size < full / 3, `${size} bytes of ${full} are left`)
  })
})
