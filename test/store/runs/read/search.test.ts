/** The index of runs' texts: what it finds, in which order, and what it forgets. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FoundRun, RunFilter, SearchPage } from '../../../../src/store/runs/rows/records.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addWorkflow, finish, newRun, outcome, PERSON } from '../../../helpers/store-data.ts'

const LATER = 10_000_000

const body = (text: string) => ({ method: 'POST', url: '/', query: '', headers: [], body: Buffer.from(text) })

async function add(store: Store, workflowId: string, createdAt: number, request: string, log = ''): Promise<string> {
  const run = newRun(workflowId, { createdAt, request: body(request) })
  await store.runs.insert(run)
  const logs = log === '' ? [] : [{ at: createdAt, stream: 'stdout' as const, text: log }]
  await finish(store, run, outcome({ logs, label: `label of ${createdAt}` }))
  return run.id
}

async function indexAll(store: Store, now = LATER): Promise<void> {
  while (await store.runs.index(now));
}

/** All that are found: on a slow machine a page may end early. */
async function search(store: Store, text: string, filter: RunFilter = {}): Promise<readonly FoundRun[]> {
  const found: FoundRun[] = []
  for (let cursor: string | null = null, pages = 0; pages < 20; pages += 1) {
    const page: SearchPage = await store.runs.search(filter, text, { limit: 50, cursor })
    found.push(...page.data)
    cursor = page.nextCursor
    if (cursor === null) break
  }
  return found
}

forEachDatabase(({ createDatabase }) => {
  test('a text is found in any case and at any place, with what is around it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const first = await add(store, id, 1000, '{"email": "Jane.Doe@example.com", "city": "Zürich"}', 'nothing')
    const second = await add(store, id, 2000, '{}', 'wrote to JANE.DOE@example.com 100%_sure')
    const ids = async (text: string) => (await search(store, text)).map((run) => run.id)
    const check = async () => {
      assert.deepEqual(await ids('jane.doe@EXAMPLE.com'), [second, first])
      assert.deepEqual(await ids('zürich'), [first])
      assert.deepEqual(await ids('100%_s'), [second])
      assert.deepEqual(await ids('100__s'), [])
      assert.deepEqual(await ids('"'), [first])
      assert.deepEqual(await ids('label of 2000'), [second])
      const [found] = await search(store, 'wrote to jane')
      assert.deepEqual(found?.match, { place: 'log', text: 'wrote to JANE.DOE@example.com 100%_sure' })
    }
    await check()
    await indexAll(store)
    await check()
  })

  test('Z3-113 a match that is hidden is none, and leaves no trace in the page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await add(store, id, 1000, 'key swordfish of Lyon')
    const hideIn = async () => (text: string) => text.replaceAll('swordfish', '***')
    const find = async (text: string) => await store.runs.search({}, text, { limit: 1, cursor: null }, hideIn)
    const check = async () => {
      assert.deepEqual(await find('sword'), await find('nowhere'))
      assert.deepEqual((await find('lyon')).data[0]?.match, { place: 'request', text: 'key *** of Lyon' })
    }
    await check()
    await indexAll(store)
    await check()
  })

  test('pages, filters and runs that are not indexed yet make one list', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const { id: other } = await addWorkflow(store)
    const all: string[] = []
    // Some of one millisecond, too.
    for (let number = 0; number < 130; number += 1)
      all.unshift(await add(store, number % 10 === 0 ? other : id, 1000 + Math.floor(number / 3), 'needle'))
    await indexAll(store)
    for (let number = 0; number < 5; number += 1) all.unshift(await add(store, id, LATER + number, 'needle'))
    const found: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<Store['runs']['search']>> = await store.runs.search({}, 'needle', {
        limit: 7,
        cursor,
      })
      found.push(...page.data.map((run) => run.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    assert.equal(new Set(found).size, 135)
    assert.deepEqual(found.toSorted(), all.toSorted())
    assert.equal((await search(store, 'needle', { workflowId: other })).length, 13)
    assert.equal((await search(store, 'needle', { since: 1040, until: LATER })).length, 10)
    assert.equal((await search(store, 'needle', { status: 'failed' })).length, 0)
    assert.equal((await search(store, 'needle', { failing: true })).length, 0)
  })

  test('a run that ends later is indexed again', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = newRun(id, { createdAt: 1000, request: body('asked') })
    await store.runs.insert(run)
    await indexAll(store)
    assert.equal((await search(store, 'asked')).length, 1)
    await finish(store, run, outcome({ logs: [{ at: 1, stream: 'stdout', text: 'answered' }] }))
    await indexAll(store)
    assert.equal((await search(store, 'answered')).length, 1)
    assert.equal((await search(store, 'asked')).length, 1)
  })

  test('of hundreds of runs, those that end later and those that are stored late are found too', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const runs = Array.from({ length: 450 }, (_, number) => newRun(id, { createdAt: 1000 + number }))
    await Promise.all(runs.map((run) => store.runs.insert(run)))
    await indexAll(store, 20_000)
    // They are looked through 200 at once: these two are not among the first.
    const ended = runs[440] ?? newRun(id)
    await finish(store, ended, outcome({ logs: [{ at: 1, stream: 'stdout', text: 'ended later' }] }))
    const late = await add(store, id, 1430, 'stored late')
    await indexAll(store, 20_000)
    assert.deepEqual(
      (await search(store, 'ended later')).map((run) => run.id),
      [ended.id],
    )
    assert.deepEqual(
      (await search(store, 'stored late')).map((run) => run.id),
      [late],
    )
  })

  test('the texts of deleted and erased runs, and of deleted parts, are not found', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const deleted = await add(store, id, 1000, 'secretive')
    const erased = await add(store, id, 2000, 'secretive')
    const parted = await add(store, id, 3000, 'secretive', 'kept line')
    await indexAll(store)
    assert.equal((await search(store, 'secretive')).length, 3)
    await store.upkeep.deleteRuns([deleted])
    await store.privacy.erasePerson({ id: 'era_1', value: 'secretive', runIds: [erased], by: PERSON, at: 5000 })
    const left = await search(store, 'secretive')
    assert.deepEqual(
      left.map((run) => [run.id, run.erasedAt]),
      [[parted, null]],
    )
    assert.equal((await store.runs.get(erased))?.erasedAt, 5000)
    await store.privacy.deletePart(id, 'request', LATER, null)
    await indexAll(store)
    assert.deepEqual(await search(store, 'secretive'), [])
    assert.deepEqual(
      (await search(store, 'kept line')).map((run) => run.id),
      [parted],
    )
    await indexAll(store, LATER + 1)
    assert.deepEqual(await search(store, 'secretive'), [])
  })
})
