import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from '../../src/domain/runs/run.ts'
import { startOnce } from '../../src/runs/once.ts'
import type { Store } from '../../src/store/store.ts'
import { forEachDatabase, openStore } from '../helpers/databases.ts'
import { addRun, addWorkflow, newRun } from '../helpers/store-data.ts'

const KEY = { id: 'key-1', body: 'body-1' }
const again = ({ id }: Run) => `again ${id}`
const mustNotStart = () => assert.fail('a run was started')
const depsOf = (store: Store) => ({ store, now: () => 5000 })

forEachDatabase(({ createDatabase }) => {
  test('the first call with a key starts a run, and each later one gets it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const start = async () => (await addRun(store, id, { key: KEY })).id
    const runId = await startOnce(depsOf(store), KEY, { start, again })
    assert.equal(await startOnce(depsOf(store), KEY, { start: mustNotStart, again }), `again ${runId}`)
  })

  test('a later call with another body is refused with key_reused', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await addRun(store, id, { key: KEY })
    const other = { ...KEY, body: 'body-2' }
    await assert.rejects(startOnce(depsOf(store), other, { start: mustNotStart, again }), { code: 'key_reused' })
  })

  test('a call that loses a race gets the run of the winner', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const winner = newRun(id, { key: KEY })
    const lose = async () => {
      await store.runs.insert(winner)
      return (await addRun(store, id, { key: KEY })).id
    }
    assert.equal(await startOnce(depsOf(store), KEY, { start: lose, again }), `again ${winner.id}`)
  })
})
