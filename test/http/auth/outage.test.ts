import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Cluster, startCluster } from '../../helpers/cluster.ts'
import { createPostgres, type Postgres } from '../../helpers/databases.ts'
import { callAs, createOwner, type Person } from '../../helpers/roles.ts'
import type { TestServer } from '../../helpers/server.ts'
import { must, until } from '../../helpers/workflows.ts'

let cluster: Cluster<Postgres>
let server: TestServer
let owner: Person
before(async () => {
  cluster = await startCluster(1, {}, createPostgres())
  const [first] = cluster.servers
  if (first === undefined) throw new Error('a cluster of one has a server')
  server = first
  owner = await createOwner(server)
})
after(() => cluster?.close())

const list = () => callAs<{ code: string }>(server, owner.sender, 'GET', '/api/tasks')

test('a signed-in person is told that the database is away, and stays signed in', async () => {
  await must(list(), 200)
  await cluster.postgres.down()
  const { status, body } = await list()
  assert.deepEqual([status, body.code], [503, 'unavailable'])
  await cluster.postgres.up()
  await until(async () => (await list()).status === 200)
})
