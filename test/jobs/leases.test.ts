/** Leases of real servers. What a heartbeat does at which moment is tested in heartbeat.test.ts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { startBreakingProxy } from '../helpers/breaking-proxy.ts'
import { LONG_LEASE, startCluster } from '../helpers/cluster.ts'
import { callHook, createCatch, must, type RunBody, until } from '../helpers/workflows.ts'

test('D08 a server that cannot renew its lease ends its runs before others take them for lost, and recovers by itself', async () => {
  const cluster = await startCluster(1, LONG_LEASE)
  const [other] = cluster.servers
  assert.ok(other)
  const proxy = await startBreakingProxy(cluster.databaseUrl)
  try {
    const cutOff = await cluster.start({ DATABASE_URL: proxy.databaseUrl })
    const source =
      'import time\ndef workflow(_request, settings):\n    settings["late"] = 1\n    time.sleep(_request["seconds"])\n'
    const workflow = await createCatch(cutOff, { source, timeout_seconds: 120 })
    const call = callHook(workflow, { seconds: 100 })
    type Runs = { readonly data: readonly RunBody[] }
    const runOfCall = async () =>
      (await must(other.api<Runs>('GET', `/api/workflows/${workflow.id}/runs`), 200)).data.at(-1)
    // Not only stored: a server that was cut off before it heard that can't tell, and answers that nothing ran.
    await until(async () => (await cutOff.api('GET', '/api/system')).text.includes('"running":1'))
    assert.equal((await runOfCall())?.status, 'running')
    proxy.hang()
    const answer = await call
    assert.deepEqual([answer.status, answer.body.code], [503, 'lost'])
    const run = await until(async () => {
      const found = await runOfCall()
      return found?.status === 'lost' ? found : null
    })
    assert.equal(run.id, answer.body.run_id)
    assert.equal((await callHook(workflow, { seconds: 0 })).status, 503)
    proxy.resume()
    await until(async () => (await callHook(workflow, { seconds: 0 })).status === 200)
    assert.equal((await runOfCall())?.status, 'lost')
    const changes = await must(cutOff.api<Runs>('GET', `/api/workflows/${workflow.id}/settings/late/history`), 200)
    assert.equal(changes.data.length, 1, 'only the second run changed the setting')
  } finally {
    await cluster.close()
    await proxy.close()
  }
})

test('D08 a claimed run whose data were not read before the lease ended goes back to the queue', async () => {
  const cluster = await startCluster(0, LONG_LEASE)
  const proxy = await startBreakingProxy(cluster.databaseUrl)
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  try {
    const server = await cluster.start({ DATABASE_URL: proxy.databaseUrl })
    const source = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "begun"}\n'
    const workflow = await createCatch(server, { source })
    await client.connect()
    // The claim reads no settings.
    await client.query('begin; lock table settings in access exclusive mode')
    const queued = await callHook(workflow, {}, { headers: { prefer: 'respond-async' } })
    const statusOf = async () => {
      const { rows } = await client.query('select status from runs where id = $1', [queued.body.run_id])
      return rows[0]?.status
    }
    await until(async () => (await statusOf()) === 'running')
    proxy.hang()
    await until(async () => /The lease of this server could not be renewed in time/.test(server.output()))
    await client.query('commit')
    proxy.resume()
    await until(async () => (await statusOf()) === 'succeeded')
    assert.match(server.output(), /a claimed run goes back to the queue/)
  } finally {
    await client.end()
    await cluster.close()
    await proxy.close()
  }
})

test('D06 a database that takes long to throw away what is old costs no server its lease', async () => {
  const cluster = await startCluster(1, LONG_LEASE)
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  try {
    const [server] = cluster.servers
    assert.ok(server)
    const source = 'import time\ndef workflow(_request, settings):\n    time.sleep(16)\n'
    const workflow = await createCatch(server, { source })
    await client.connect()
    await client.query(`
      create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
      create trigger late before delete on idempotency_keys for each statement execute function wait();
      insert into idempotency_keys (id, body_hash, run_id, created_at)
        select 'old ' || n, '', 'run_gone', 0 from generate_series(1, 18000) as n`)
    const answer = await callHook(workflow, {})
    assert.equal(answer.status, 200, answer.text)
  } finally {
    await client.end()
    await cluster.close()
  }
})
