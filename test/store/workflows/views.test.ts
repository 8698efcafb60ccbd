import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VIEW_LIMITS, type View } from '../../../src/domain/workflows/view.ts'
import { forEachDatabase, openPeers, openSql, openStore } from '../../helpers/databases.ts'
import { AUTOMATION, PERSON } from '../../helpers/store-data.ts'

const OTHER = { type: 'person', id: 'person_2', name: 'Grace' } as const
const viewOf = (id: string, given: Partial<View> = {}): View => ({
  id: `view_${id}`,
  name: 'Nightly',
  search: 'kind=pull',
  shared: false,
  createdBy: PERSON,
  createdAt: 1000,
  ...given,
})

forEachDatabase(({ createDatabase }) => {
  test('a person lists the own views and the shared ones, oldest first', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [own, shared, foreign] = [
      viewOf('1'),
      viewOf('2', { shared: true, createdBy: OTHER }),
      viewOf('3', { createdBy: OTHER }),
    ]
    for (const view of [foreign, shared, own]) await store.workflows.createView(view)
    assert.deepEqual(await store.workflows.listViews(PERSON.id), [own, shared])
    assert.deepEqual(await store.workflows.listViews('key_1'), [shared])
    assert.deepEqual(await store.workflows.findView(foreign.id), foreign)
    assert.equal(await store.workflows.findView('view_none'), null)
  })

  test('a view is changed and deleted', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const view = viewOf('1')
    const changed = { ...view, name: 'Équipe 🌙', search: 'q=a%20b', shared: true }
    await store.workflows.createView(view)
    await store.workflows.updateView(view, changed)
    assert.deepEqual(await store.workflows.listViews(OTHER.id), [changed])
    await store.workflows.deleteView(view.id)
    assert.deepEqual(await store.workflows.listViews(PERSON.id), [])
  })

  test('a person has at most 100 private views, and there are at most 100 shared ones', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const many = Array.from({ length: VIEW_LIMITS.ofPerson }, (_, index) => index)
    await store.together(async (tx) => {
      for (const index of many) {
        await tx.workflows.createView(viewOf(`p${index}`))
        await tx.workflows.createView(viewOf(`s${index}`, { shared: true, createdBy: OTHER }))
      }
    })
    await assert.rejects(store.workflows.createView(viewOf('more')), {
      code: 'conflict',
      message: 'Expected at most 100 private views of yours, found 100 already: delete one first.',
    })
    const shared = viewOf('p0', { shared: true })
    await assert.rejects(
      store.workflows.updateView(viewOf('p0'), shared),
      /Expected at most 100 shared views, found 100 already/,
    )
    const own = viewOf('own', { createdBy: OTHER })
    await store.workflows.createView(own)
    await store.workflows.updateView(own, { ...own, name: 'Another' })
    await store.workflows.deleteView('view_s0')
    await store.workflows.updateView(viewOf('p0'), shared)
    await store.workflows.createView(viewOf('more'))
  })

  test('a removed account takes its private views along, and leaves the shared ones', async (t) => {
    const database = await createDatabase(t)
    const store = await openStore(t, database)
    const run = await openSql(t, database)
    await run('create table "user" (id text primary key, name text, email text, role text)')
    await run(`insert into "user" values ('person_1', 'Ada', 'ada@example.com', 'editor')`)
    const [shared, foreign] = [viewOf('2', { shared: true }), viewOf('3', { createdBy: OTHER })]
    for (const view of [viewOf('1'), shared, foreign]) await store.workflows.createView(view)
    await store.people.remove(PERSON.id, { by: AUTOMATION, at: 2000, keepKeys: false })
    assert.deepEqual(await store.workflows.listViews(PERSON.id), [shared])
    assert.deepEqual(await store.workflows.listViews(OTHER.id), [shared, foreign])
  })

  test('servers that share a view at the same time do not pass the limit', async (t) => {
    const database = await createDatabase(t)
    const stores = database.databaseUrl === null ? [await openStore(t, database)] : await openPeers(t, database, 2)
    await stores[0]?.together(async (tx) => {
      for (let index = 1; index < VIEW_LIMITS.shared; index += 1)
        await tx.workflows.createView(viewOf(`s${index}`, { shared: true }))
    })
    const added = Array.from({ length: 6 }, (_, index) =>
      stores[index % stores.length]?.workflows.createView(viewOf(`last${index}`, { shared: true })),
    )
    const results = await Promise.allSettled(added)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await stores[0]?.workflows.listViews(PERSON.id))?.length, VIEW_LIMITS.shared)
  })
})
