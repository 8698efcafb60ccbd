/** Versions that wait for their deployment: each is of one server, and its wait ends once. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Version, Workflow } from '../../../src/domain/workflows/workflow.ts'
import type { Store } from '../../../src/store/store.ts'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'
import { addVersion, addWorkflow, newId, PERSON } from '../../helpers/store-data.ts'

async function addWaiting(store: Store, { id: workflowId }: Workflow, force = false): Promise<Version> {
  const code = { id: newId('ver'), workflowId, source: 'def workflow(): pass', files: {}, packages: null }
  return await store.workflows.createVersion(
    { ...code, message: '', createdAt: 2000, createdBy: PERSON },
    { deploy: false, whenReady: { force } },
  )
}

const idsOf = async (store: Store) => (await store.workflows.adoptWaitingVersions()).map(({ version }) => version.id)

forEachDatabase(({ engine, createDatabase }) => {
  test('the wait of a version ends once, with its deployment', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflow = await addWorkflow(store)
    const version = await addWaiting(store, workflow)
    assert.deepEqual(await store.workflows.adoptWaitingVersions(), [{ version, force: false }])
    assert.equal(
      (await store.workflows.endVersionWait(version.id, true, 3000))?.deployedVersion,
      null,
      'as it was before',
    )
    assert.equal(await store.workflows.endVersionWait(version.id, true, 4000), null)
    assert.equal((await store.workflows.get(workflow.id))?.deployedVersion, 1)
    assert.equal((await store.workflows.getVersionById(version.id))?.deployedAt, 3000)
    assert.deepEqual(await idsOf(store), [])
  })

  test('a version whose wait ends without a deployment, or after that of a newer one, is not deployed', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflow = await addWorkflow(store)
    const [refused, late] = [await addWaiting(store, workflow), await addWaiting(store, workflow)]
    assert.equal(await store.workflows.endVersionWait(refused.id, false, 3000), null)
    assert.equal((await store.workflows.get(workflow.id))?.deployedVersion, null)
    await addVersion(store, workflow.id)
    assert.equal(await store.workflows.endVersionWait(late.id, true, 3000), null)
    assert.equal((await store.workflows.get(workflow.id))?.deployedVersion, 3)
    assert.deepEqual(await idsOf(store), [])
  })

  test('the next server takes over the versions of a server that is gone, and those of an older release', async (t) => {
    const database = await createDatabase(t)
    const first = await openStore(t, database)
    const workflow = await addWorkflow(first)
    const [forced, old] = [await addWaiting(first, workflow, true), await addWaiting(first, workflow)]
    const run = await openSql(t, database)
    await run(`update versions set deploy_server_id = null, deploy_forced = null where id = '${old.id}'`)
    await first.close()
    const second = await openStore(t, database)
    const found = await second.workflows.adoptWaitingVersions()
    assert.deepEqual(Object.fromEntries(found.map(({ version, force }) => [version.id, force])), {
      [forced.id]: true,
      [old.id]: false,
    })
  })

  if (engine === 'sqlite') return
  test('a version that waits on a server is taken over when that is gone, by one of those that try', async (t) => {
    const database = await createDatabase(t)
    const [first, ...others] = [
      await openStore(t, database),
      await openStore(t, database),
      await openStore(t, database),
    ]
    const workflow = await addWorkflow(first)
    const ids: string[] = []
    for (let count = 0; count < 10; count += 1) ids.push((await addWaiting(first, workflow)).id)
    assert.deepEqual(await Promise.all(others.map(idsOf)), [[], []], 'its server lives')
    assert.equal(
      await others[0]?.workflows.endVersionWait(ids[0] ?? '', true, 3000),
      null,
      'it waits on another server',
    )
    await first.close()
    const taken = await Promise.all(others.map(idsOf))
    assert.deepEqual(taken.flat().sort(), ids.toSorted())
    assert.deepEqual(await Promise.all(others.map(idsOf)), taken, 'each keeps its own')
  })
})
