import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../../src/domain/runs/run.ts'
import type { SearchPage } from '../../../../src/store/runs/rows/records.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, finish, outcome } from '../../../helpers/store-data.ts'

const REPORTED = outcome({ warnings: [{ code: 'reported_failure', message: 'fatal' }] })
const FAILED = outcome({ status: 'failed', code: 'exception' })

async function addEnded(store: Store, workflowId: string, createdAt: number, end: Outcome): Promise<string> {
  const run = await addRun(store, workflowId, { createdAt })
  await finish(store, run, end)
  return run.id
}

forEachDatabase(({ createDatabase }) => {
  test('runs are counted in equal parts of a time, failures of every kind among them', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const other = await addWorkflow(store)
    for (const [at, end] of [
      [1000, outcome()],
      [1999, FAILED],
      [2000, REPORTED],
      [3999, outcome()],
      [4000, outcome()],
    ] as const) {
      await addEnded(store, id, at, end)
    }
    await addEnded(store, other.id, 3000, outcome({ status: 'timed_out', code: 'timeout' }))
    await addRun(store, id, { createdAt: 3500 })
    const query = { since: 1000, until: 4000, buckets: 3 }
    // Each of them is finished at 9000.
    assert.deepEqual(await store.runs.getStats({ ...query, workflowId: id }), [
      { startsAt: 1000, total: 2, failed: 1, calls: 2, failedCalls: 1, isCapped: false, p50Ms: 7001, p95Ms: 8000 },
      { startsAt: 2000, total: 1, failed: 1, calls: 1, failedCalls: 1, isCapped: false, p50Ms: 7000, p95Ms: 7000 },
      { startsAt: 3000, total: 2, failed: 0, calls: 2, failedCalls: 0, isCapped: false, p50Ms: 5001, p95Ms: 5001 },
    ])
    assert.deepEqual(
      (await store.runs.getStats(query)).map(({ total, failed }) => [total, failed]),
      [
        [2, 1],
        [1, 1],
        [3, 1],
      ],
    )
    const empty = {
      startsAt: 0,
      total: 0,
      failed: 0,
      calls: 0,
      failedCalls: 0,
      isCapped: false,
      p50Ms: null,
      p95Ms: null,
    }
    assert.deepEqual(await store.runs.getStats({ since: 0, until: 10, buckets: 1 }), [empty])
  })

  test('a list of what is failing holds reported failures too, by page and in order', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const ids: string[] = []
    for (const [index, end] of [FAILED, REPORTED, outcome(), REPORTED, FAILED].entries()) {
      const run = await addEnded(store, id, 1000 + index, end)
      if (end.status === 'failed' || end.warnings.length > 0) ids.unshift(run)
    }
    const list = (filter: Parameters<Store['runs']['list']>[0], cursor: string | null = null) =>
      store.runs.list(filter, { limit: 3, cursor })
    const first = await list({ workflowId: id, failing: true })
    const second = await list({ workflowId: id, failing: true }, first.nextCursor)
    assert.deepEqual(
      [...first.data, ...second.data].map((run) => run.id),
      ids,
    )
    assert.equal((await list({ failing: true, status: 'failed' })).data.length, 2)
    assert.equal((await list({ failing: true, trigger: 'schedule' })).data.length, 0)
    const counts = await store.runs.count({ since: 0, until: 9999 }, 9)
    const [failing] = counts.failing
    assert.deepEqual([counts.total, counts.failed, counts.failing.length], [5, 4, 1])
    assert.deepEqual([failing?.workflowId, failing?.total, failing?.failed], [id, 5, 4])
  })

  test('a search finds a text in request, answer, error and log, in any case, and nothing else', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const body = Buffer.from('{"name": "Éva \\"Needle\\" Dupont"}')
    const asked = await addRun(store, id, {
      createdAt: 1,
      request: { method: 'POST', url: '/', query: '', headers: [], body },
    })
    await finish(store, asked, outcome())
    const ends = [
      outcome({ response: { status: 200, headers: [], body: 'a "needle" here' } }),
      outcome({ status: 'failed', code: 'exception', message: 'NEEDLE', traceback: null }),
      outcome({ logs: [{ at: 1, stream: 'stdout', text: 'the "needle"' }] }),
      outcome({ result: 'needle' }),
      outcome({ warnings: [{ code: 'x', message: 'needle' }] }),
    ]
    const ids = [asked.id]
    for (const [index, end] of ends.entries()) ids.unshift(await addEnded(store, id, 2 + index, end))
    await addEnded(store, id, 100, outcome({ logs: [{ at: 1, stream: 'stdout', text: 'hay' }] }))
    const search = async (text: string) => (await store.runs.search({}, text, FIRST_PAGE)).data.map((run) => run.id)
    assert.deepEqual(await search('needle'), ids)
    assert.deepEqual(await search('"needle"'), [ids[2], ids[4]].sort().reverse())
    assert.deepEqual(await search('éva'), [asked.id])
    // What the store itself writes beside the text is not what a run said.
    for (const text of ['stdout', 'traceback', 'response']) assert.deepEqual(await search(text), [])
  })

  test('a search looks at five hundred runs, says how far back it looked, and goes on from there', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const oldest = await addEnded(store, id, 1, outcome({ result: 'needle' }))
    await Promise.all(Array.from({ length: 600 }, (_, index) => addEnded(store, id, 2 + index, outcome())))
    const first = await store.runs.search({ workflowId: id }, 'needle', FIRST_PAGE)
    assert.deepEqual([first.data, first.searchedBackTo], [[], 102])
    const second = await store.runs.search({ workflowId: id }, 'needle', { limit: 50, cursor: first.nextCursor })
    assert.deepEqual([second.data.map((run) => run.id), second.nextCursor, second.searchedBackTo], [[oldest], null, 1])
  })

  test('Y02 a search looks through 4 MiB of text, stored or unpacked, and goes on from there', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const oldest = await addEnded(store, id, 1, outcome({ result: 'needle' }))
    // It packs to a few bytes, and unpacks to 60 kB.
    const long = outcome({ logs: [{ at: 1, stream: 'stdout', text: 'hay'.repeat(20_000) }] })
    for (let index = 0; index < 200; index += 1) await addEnded(store, id, 2 + index, long)
    const backTo: (number | null)[] = []
    const found: string[] = []
    let cursor: string | null = null
    do {
      const page: SearchPage = await store.runs.search({ workflowId: id }, 'needle', { limit: 50, cursor })
      backTo.push(page.searchedBackTo)
      found.push(...page.data.map((run) => run.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    assert.deepEqual(found, [oldest])
    assert.equal(backTo.length, 3, backTo.join())
    assert.ok((backTo[0] ?? 0) >= 202 - 90, backTo.join())
  })
})
