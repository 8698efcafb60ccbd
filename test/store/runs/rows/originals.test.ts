import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openSql, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow } from '../../../helpers/store-data.ts'

const REQUEST = { method: 'POST', url: '/', query: '', headers: [], body: Buffer.from('x') } as const

forEachDatabase(({ createDatabase }) => {
  test('the original of a run that has ended is swept, and a queued run keeps its original', async (t) => {
    const database = await createDatabase(t)
    const store = await openStore(t, database)
    const { id } = await addWorkflow(store)
    const given = { startedAt: null, request: REQUEST, original: REQUEST }
    const [ended, queued] = [await addRun(store, id, given), await addRun(store, id, given)]
    const run = await openSql(t, database)
    await run(`update runs set status = 'succeeded', finished_at = 1 where id = '${ended.id}'`)
    await store.sweep(1)
    assert.equal(await store.privacy.findOriginal(ended.id), null)
    assert.equal((await store.privacy.findOriginal(queued.id))?.body.toString(), 'x')
  })
})
