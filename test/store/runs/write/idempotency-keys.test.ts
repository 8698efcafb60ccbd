import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KEY_KEPT_MS } from '../../../../src/domain/hooks/idempotency.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, newRun } from '../../../helpers/store-data.ts'

const KEY = { id: 'key-1', body: 'body-1' }

forEachDatabase(({ engine, createDatabase }) => {
  test('D09 of runs that race for one key, on several servers, one is stored', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    const stores = engine === 'postgres' ? [first, await openStore(t, options), await openStore(t, options)] : [first]
    const { id } = await addWorkflow(first)
    const runs = Array.from({ length: 24 }, () => newRun(id, { key: KEY }))
    const stored = await Promise.allSettled(
      runs.map((run, index) => (stores[index % stores.length] ?? first).runs.insert(run)),
    )
    const [winner, ...others] = runs.filter((_, index) => stored[index]?.status === 'fulfilled')
    assert.deepEqual(others, [])
    for (const result of stored) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'key_in_use')
    }
    const { data } = await first.runs.list({}, FIRST_PAGE)
    assert.deepEqual(
      data.map((run) => run.id),
      [winner?.id],
    )
    assert.deepEqual(await first.runs.findKey(KEY.id, 5000), { runId: winner?.id, body: KEY.body })
  })

  test('a key is free again after 24 hours, and swept', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await addRun(store, id, { key: KEY, createdAt: 5000 })
    const other = await addRun(store, id, { key: { ...KEY, id: 'key-2' }, createdAt: 6000 })
    const later = 5000 + KEY_KEPT_MS
    assert.ok((await store.runs.findKey(KEY.id, later - 1)) !== null)
    assert.equal(await store.runs.findKey(KEY.id, later), null)
    const again = await addRun(store, id, { key: { ...KEY, body: 'body-2' }, createdAt: later })
    assert.deepEqual(await store.runs.findKey(KEY.id, later), { runId: again.id, body: 'body-2' })
    assert.equal(await store.runs.sweepKeys(later), 0)
    assert.equal(await store.runs.sweepKeys(later + 1000), 1)
    assert.equal(await store.runs.findKey('key-2', 6000), null)
    assert.ok((await store.runs.get(other.id)) !== null, 'the run itself stays')
    assert.ok((await store.runs.findKey(KEY.id, later)) !== null)
  })
})
