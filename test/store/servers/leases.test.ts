import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createDirectory, createPostgres, openSql, openStore } from '../../helpers/databases.ts'
import { addWorkflow } from '../../helpers/store-data.ts'

const server = createPostgres()
after(() => server.stop())

test('of the servers on one database the oldest leads, until its lease ends', async (t) => {
  const options = { databaseUrl: await server.createDatabase(), dataDir: createDirectory(t) }
  const [first, second] = [await openStore(t, options), await openStore(t, options)]
  assert.deepEqual([await first.leads(), await second.leads()], [true, false])
  await first.close()
  assert.equal(await second.leads(), true)
})

test('a lease is renewed while all connections for runs and lists wait for a lock, as during an upgrade', async (t) => {
  const options = { databaseUrl: await server.createDatabase(), dataDir: createDirectory(t), connections: 2 }
  const store = await openStore(t, options)
  await addWorkflow(store)
  const sql = await openSql(t, options)
  await sql('begin; lock table workflows in access exclusive mode')
  let ended = 0
  const count = (): void => {
    ended += 1
  }
  const lists = Array.from({ length: 5 }, () => store.listWorkflows({}, { limit: 1, cursor: null }).then(count, count))
  await store.heartbeat()
  assert.equal(ended, 0)
  await sql('rollback')
  await Promise.all(lists)
})
