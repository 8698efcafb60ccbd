/** Changes of one thing at the same moment, on two servers of one database. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Cluster, startCluster } from '../../helpers/cluster.ts'
import { createCatch, must } from '../../helpers/workflows.ts'

const AT_ONCE = 4
const ROUNDS = 3

let cluster: Cluster
before(async () => {
  cluster = await startCluster(2)
})
after(() => cluster.close())

type Call = readonly [method: string, path: string, body?: unknown]

/** Sends each call several times, to the servers in turn. */
function callAll(calls: readonly Call[]) {
  const all = Array.from({ length: AT_ONCE }, () => calls).flat()
  return Promise.all(
    all.map(([method, path, body], index) => {
      const server = cluster.servers[index % 2]
      assert.ok(server)
      return server.api(method, path, body)
    }),
  )
}

async function call<T = Record<string, unknown>>(status: number, ...[method, path, body]: Call): Promise<T> {
  const [server] = cluster.servers
  assert.ok(server)
  return await must(server.api<T>(method, path, body), status)
}

test('an internal host that is closed stays closed, also if it is changed at the same moment', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { id } = await call(201, 'POST', '/api/network/internal', { host: `ats${round}.example.com:443` })
    const path = `/api/network/internal/${id}`
    const answers = await callAll([
      ['PATCH', path, { note: 'the ATS' }],
      ['DELETE', path],
    ])
    assert.equal(answers.filter(({ status }) => status === 204).length, 1)
  }
  const { internal } = await call<{ internal: readonly unknown[] }>(200, 'GET', '/api/network')
  assert.deepEqual(internal, [])
})

test('two changes of one connection at the same moment are both stored, and one deletion is', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const made = { name: `ats_${round}`, provider: 'google', client_id: 'a', client_secret: 'b', scopes: ['c'] }
    const path = `/api/connections/${(await call(201, 'POST', '/api/connections', made)).id}`
    const changes = { client_id: `id${round}`, scopes: [`scope${round}`] }
    await callAll([
      ['PATCH', path, { client_id: changes.client_id }],
      ['PATCH', path, { scopes: changes.scopes }],
    ])
    const { client_id, scopes } = await call(200, 'GET', path)
    assert.deepEqual({ client_id, scopes }, changes)
    const answers = await callAll([['DELETE', path]])
    assert.equal(answers.filter(({ status }) => status === 204).length, 1)
  }
})

test('a channel is deleted once', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const config = { url: 'https://ats.example.com/alerts', secret: `whsec_${'a'.repeat(24)}` }
    const { id } = await call(201, 'POST', '/api/channels', { name: `ATS ${round}`, type: 'webhook', config })
    const answers = await callAll([['DELETE', `/api/channels/${id}`]])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 404, 404, 404])
  }
})

test('the end of a canary does not end the one that began at the same moment', async () => {
  const [server] = cluster.servers
  assert.ok(server)
  const { id } = await createCatch(server, { source: 'def workflow(r, s): return 1' })
  const path = `/api/workflows/${id}`
  for (const source of ['def workflow(r, s): return 2', 'def workflow(r, s): return 3'])
    await call(201, 'POST', `${path}/versions`, { source, deploy: false })
  for (let round = 0; round < 3 * ROUNDS; round += 1) {
    await call(200, 'PATCH', path, { canary: { version: 2, percent: 10 } })
    await callAll([
      ['POST', `${path}/canary/abort`, {}],
      ['PATCH', path, { canary: { version: 3, percent: 10 } }],
    ])
    const { canary } = await call<{ canary: unknown }>(200, 'GET', path)
    const lines = await call<{ data: { action: string; detail: string }[] }>(200, 'GET', `/api/audit?workflow_id=${id}`)
    const last = lines.data.find(({ action }) => action === 'canary.abort')
    if (canary === null) assert.equal(last?.detail, 'version 3')
  }
})
