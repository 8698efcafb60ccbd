import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RUN_STATUSES, type Run, TRIGGERS } from '../../../src/domain/runs/run.ts'
import type { Page } from '../../../src/store/database/paging.ts'
import type { RunFilter } from '../../../src/store/runs/rows/records.ts'
import type { Store } from '../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import {
  addRun,
  addVersion,
  addWorkflow,
  FIRST_PAGE,
  finish,
  newId,
  newRun,
  outcome,
  patchOf,
  settingsOf,
} from '../../helpers/store-data.ts'

const TEXT = 'a\u0000b\r\n"é🐍\u2028'
const BODY = Buffer.from([0, 1, 127, 128, 255, 0])
const REQUEST = {
  method: 'POST',
  url: '/hooks/k?a=1',
  query: 'a=1',
  body: BODY,
  headers: [
    ['X-Two', 'b'],
    ['x-two', 'ä'],
    ['Content-Type', 'application/json'],
  ],
} as const

const FILES = { 'b.py': TEXT, 'lib/a.py': '' }

forEachDatabase(({ createDatabase }) => {
  test('settings are kept of a run that succeeded, and of no other', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const status of ['failed', 'timed_out', 'cancelled', 'succeeded'] as const) {
      assert.deepEqual(await settingsOf(store, id), {})
      await finish(store, await addRun(store, id), outcome({ status, patch: patchOf({ n: 1 }) }))
    }
    assert.deepEqual(await settingsOf(store, id), { n: 1 })
  })

  test('a run comes back whole: request, version, outcome, every character and byte', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const version = await addVersion(store, id)
    const run = await addRun(store, id, {
      versionId: version.id,
      request: REQUEST,
      source: TEXT,
      files: FILES,
      trigger: 'manual',
    })
    const before = await store.runs.get(run.id)
    assert.deepEqual([before?.status, before?.request, before?.source, before?.version], ['running', REQUEST, TEXT, 1])
    const end = outcome({
      status: 'failed',
      code: 'exception',
      message: TEXT,
      traceback: TEXT,
      result: TEXT,
      label: TEXT,
      response: { status: 200, headers: [['A', TEXT]], body: TEXT },
      warnings: [{ code: 'x', message: TEXT, key: 'k' }],
      logs: [{ at: 7, stream: 'stdout', text: TEXT }],
      peakMemoryBytes: 7_000_000,
      timing: { accept: 0.25, run: 3.5 },
    })
    assert.equal((await finish(store, run, end)).applied, true)
    const stored = await store.runs.get(run.id)
    assert.match(stored?.traceId ?? '', /^[0-9a-f]{32}$/)
    assert.deepEqual(stored, {
      id: run.id,
      workflowId: id,
      versionId: version.id,
      version: 1,
      trigger: 'manual',
      status: 'failed',
      code: 'exception',
      message: TEXT,
      traceback: TEXT,
      request: REQUEST,
      response: end.response,
      result: TEXT,
      settingsChanges: [],
      warnings: end.warnings,
      replayOf: null,
      parentRunId: null,
      attempt: 1,
      retryOf: null,
      keepSettings: true,
      source: TEXT,
      createdAt: 5000,
      notBefore: null,
      startedAt: 5000,
      finishedAt: 9000,
      timing: end.timing,
      label: TEXT,
      statusCode: 500,
      lane: null,
      canary: null,
      traceId: stored?.traceId ?? null,
      traceParentId: null,
      durable: null,
      peakMemoryBytes: 7_000_000,
      erasedAt: null,
      files: FILES,
    } satisfies Run)
    assert.deepEqual((await store.runs.listLogs(run.id, FIRST_PAGE)).data, end.logs)
    assert.equal(await store.runs.get('run_none'), null)
  })

  test('an empty body is no missing request, and a large one fits', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const body of [Buffer.alloc(0), Buffer.alloc(32 * 1024 * 1024, 7)]) {
      const run = await addRun(store, id, { request: { ...REQUEST, body } })
      assert.ok((await store.runs.get(run.id))?.request?.body.equals(body))
    }
    assert.equal((await store.runs.get((await addRun(store, id)).id))?.request, null)
  })

  test('D08 a run that ended already takes no late result: not its settings, log, answer or state', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = await addRun(store, id)
    await finish(store, run, outcome({ status: 'cancelled', code: 'cancelled' }))
    const before = await store.runs.get(run.id)
    const late = outcome({
      patch: patchOf({ n: 1 }),
      result: 'late',
      logs: [{ at: 1, stream: 'stdout', text: 'late' }],
    })
    const result = await finish(store, run, late)
    assert.deepEqual(result, { applied: false, warnings: [], settingsChanges: [], settingsError: null })
    assert.deepEqual(await store.runs.get(run.id), before)
    assert.deepEqual(await settingsOf(store, id), {})
    assert.deepEqual((await store.runs.listLogs(run.id, FIRST_PAGE)).data, [])
  })

  test('D08 of two results of one run at once, one is kept', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = await addRun(store, id)
    const results = await Promise.all(
      ['a', 'b', 'c'].map((key) => finish(store, run, outcome({ patch: patchOf({ [key]: 1 }) }))),
    )
    assert.equal(results.filter(({ applied }) => applied).length, 1)
    assert.equal(Object.keys(await settingsOf(store, id)).length, 1)
  })

  test('logs are read by page, in order', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = await addRun(store, id)
    const logs = Array.from(
      { length: 7 },
      (_, at) => ({ at, stream: at % 2 ? 'stderr' : 'stdout', text: `line ${at}` }) as const,
    )
    await finish(store, run, outcome({ logs }))
    assert.deepEqual(await pages((page) => store.runs.listLogs(run.id, page), 3), logs)
    assert.deepEqual(await store.runs.listLogs('run_none', FIRST_PAGE), { data: [], nextCursor: null })
  })

  test('every filter of the list, alone and together, newest first, by page, equals a plain filter', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const all = await addManyRuns(store)
    const ids = [...new Set(all.map(({ workflowId }) => workflowId))]
    const filters: RunFilter[] = []
    for (const workflowId of [undefined, ...ids]) {
      for (const status of [undefined, ...RUN_STATUSES]) {
        for (const trigger of [undefined, ...TRIGGERS]) {
          filters.push({ workflowId, status, trigger }, { workflowId, status, trigger, since: 5002, until: 5005 })
        }
      }
    }
    for (const filter of filters) {
      const found = await pages((page) => store.runs.list(filter, page), 4)
      assert.deepEqual(
        found.map(({ id }) => id),
        all.filter((run) => fits(run, filter)).map(({ id }) => id),
        JSON.stringify(filter),
      )
    }
  })

  test('a list shows warnings and messages, but reads nothing large', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = await addRun(store, id, { request: REQUEST })
    const warnings = [{ code: 'reported_failure', message: 'fatal' }]
    await finish(store, run, outcome({ status: 'failed', code: 'exception', message: 'no', traceback: 'T', warnings }))
    const [listed] = (await store.runs.list({}, FIRST_PAGE)).data
    assert.deepEqual([listed?.message, listed?.warnings], ['no', warnings])
    assert.deepEqual([listed?.request, listed?.traceback, listed?.response], [null, null, null])
  })

  test('counts tell runs and failures since a time, and which workflows failed last', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [one, two] = [await addWorkflow(store), await addWorkflow(store)]
    for (const status of ['succeeded', 'failed', 'timed_out', 'cancelled'] as const) {
      await finish(store, await addRun(store, one.id, { createdAt: 6000 }), outcome({ status }))
    }
    await addRun(store, one.id, { createdAt: 7000 })
    await finish(store, await addRun(store, one.id, { createdAt: 5999 }), outcome({ status: 'failed' }))
    await finish(store, await addRun(store, two.id, { createdAt: 6001 }), outcome({ status: 'failed' }))
    await addRun(store, two.id, { createdAt: 5999 })
    const tried = await addRun(store, two.id, { createdAt: 8000, trigger: 'test' })
    await finish(store, tried, outcome({ status: 'failed' }))
    const [first, second] = [
      [one.id, 5, 2],
      [two.id, 1, 1],
    ]
    const count = async (since: number, most: number, tests = false) => {
      const { total, failed, failing } = await store.runs.count({ since, until: 10_000, tests }, most)
      return [total, failed, failing.map((each) => [each.workflowId, each.total, each.failed])]
    }
    assert.deepEqual(await count(6000, 9), [6, 3, [second, first]])
    assert.deepEqual(await count(6000, 1), [6, 3, [second]])
    assert.deepEqual(await count(6000, 9, true), [7, 4, [[two.id, 2, 2], first]])
    assert.deepEqual(await count(9000, 9), [0, 0, []])
  })

  test('one write that fails takes back only itself, whole, and the others of its moment land', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const twin = await addRun(store, id)
    const good = Array.from({ length: 5 }, () => newRun(id, { request: REQUEST }))
    const nowhere = newRun('wf_none', { request: REQUEST })
    const writes = [...good.slice(0, 2), { ...newRun(id), id: twin.id }, nowhere, ...good.slice(2)].map((run) =>
      store.runs.insert(run),
    )
    const results = await Promise.allSettled(writes)
    assert.deepEqual(
      results.map(({ status }) => status === 'fulfilled'),
      [true, true, false, false, true, true, true],
    )
    for (const run of good) assert.deepEqual((await store.runs.get(run.id))?.request, REQUEST)
    assert.equal(await store.runs.get(nowhere.id), null)
  })

  test('ids and times given at once keep their order over pages', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await Promise.all(Array.from({ length: 20 }, () => addRun(store, id, { id: newId('run', 5000), createdAt: 5000 })))
    const found = await pages((page) => store.runs.list({ workflowId: id }, page), 3)
    const ids = found.map((run) => run.id)
    assert.deepEqual(ids, [...ids].sort().reverse())
    assert.equal(new Set(ids).size, 20)
  })
})

async function pages<T>(
  list: (page: { limit: number; cursor: string | null }) => Promise<Page<T>>,
  limit: number,
): Promise<T[]> {
  const found: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await list({ limit, cursor })
    assert.ok(page.data.length <= limit)
    found.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== null)
  return found
}

/** Two workflows, every final status and trigger, times that repeat; newest first. */
async function addManyRuns(store: Store): Promise<readonly Run[]> {
  const ids = [(await addWorkflow(store)).id, (await addWorkflow(store)).id]
  let count = 0
  for (const status of ['queued', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled'] as const) {
    for (const trigger of TRIGGERS) {
      for (const workflowId of ids) {
        count += 1
        const createdAt = 5000 + (count % 7)
        const run = await addRun(store, workflowId, {
          trigger,
          createdAt,
          startedAt: status === 'queued' ? null : createdAt,
        })
        if (status !== 'queued' && status !== 'running') await finish(store, run, outcome({ status }))
      }
    }
  }
  const { data: listed } = await store.runs.list({}, { limit: 200, cursor: null })
  // Those of trials are listed only by their trigger.
  const { data: tried } = await store.runs.list({ trigger: 'trial' }, { limit: 200, cursor: null })
  const data = [...listed, ...tried]
  assert.equal(data.length, count)
  return data.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
}

function fits(run: Run, { workflowId, status, trigger, since = 0, until = Infinity }: RunFilter): boolean {
  if (workflowId !== undefined && run.workflowId !== workflowId) return false
  if (status !== undefined && run.status !== status) return false
  if (trigger === undefined ? run.trigger === 'trial' : run.trigger !== trigger) return false
  return run.createdAt >= since && run.createdAt < until
}
