import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBreakingProxy } from '../../helpers/breaking-proxy.ts'
import { createDirectory, openStore, sharedPostgres } from '../../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, newRun, outcome, patchOf, settingsOf } from '../../helpers/store-data.ts'

type Cleanup = Parameters<typeof openStore>[0]
const UNAVAILABLE = { name: 'UserError', code: 'unavailable' }

async function openBehindProxy(t: Cleanup) {
  const server = sharedPostgres()
  const proxy = await startBreakingProxy(await server.createDatabase())
  const store = await openStore(t, { databaseUrl: proxy.databaseUrl, dataDir: createDirectory(t) })
  t.after(() => proxy.close())
  t.after(() => server.stop())
  return { store, proxy }
}

test('D07 a committed result whose acknowledgement was lost is found at the next try, and not written twice', async (t) => {
  const { store, proxy } = await openBehindProxy(t)
  const { id } = await addWorkflow(store)
  const run = await addRun(store, id)
  const end = outcome({ patch: patchOf({ n: 1 }), warnings: [{ code: 'x', message: 'kept' }] })
  const finish = {
    runId: run.id,
    workflowId: id,
    outcome: end,
    snapshot: new Map(),
    keepSettings: true,
    workflowName: 'Test',
    isCatch: true,
    mayAlert: true,
    finishedAt: 9000,
  }
  proxy.breakNextCommit()
  await assert.rejects(store.runs.finish(finish), UNAVAILABLE)
  assert.deepEqual(await store.runs.finish(finish), {
    applied: true,
    warnings: end.warnings,
    settingsChanges: [{ key: 'n', old: null, new: '1' }],
    settingsError: null,
  })
  assert.equal((await store.settings.listHistory(id, 'n', FIRST_PAGE)).data.length, 1)
  assert.deepEqual(await settingsOf(store, id), { n: 1 })
  assert.equal((await store.runs.finish({ ...finish })).applied, false)
})

test('D07 a run whose stored row was reported as not stored does not stay running', async (t) => {
  const { store, proxy } = await openBehindProxy(t)
  const run = newRun((await addWorkflow(store)).id)
  proxy.breakNextCommit()
  await assert.rejects(store.runs.insert(run), UNAVAILABLE)
  assert.equal((await store.runs.get(run.id))?.status, 'running')
  assert.deepEqual(await store.runs.recoverLost(run.createdAt + 1000), [])
  assert.deepEqual(await store.runs.recoverLost(run.createdAt + 100_000), [run.id])
})
