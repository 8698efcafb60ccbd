import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBreakingProxy } from './helpers/breaking-proxy.ts'
import { startCluster } from './helpers/cluster.ts'
import { callHook, createCatch, must, type RunBody, until } from './helpers/workflows.ts'

test('D08 a server that cannot renew its lease ends its runs before others take them for lost, and recovers by itself', async () => {
  const cluster = await startCluster(1, { WORKFLOWS_LEASE_SECONDS: '6' })
  const [other] = cluster.servers
  assert.ok(other)
  const proxy = await startBreakingProxy(cluster.databaseUrl)
  try {
    const cutOff = await cluster.start({ DATABASE_URL: proxy.databaseUrl })
    const source =
      'import time\ndef workflow(_request, settings):\n    settings["late"] = 1\n    time.sleep(_request["seconds"])\n'
    const workflow = await createCatch(cutOff, { source })
    const call = callHook(workflow, { seconds: 25 })
    type Runs = { readonly data: readonly RunBody[] }
    const runOfCall = async () =>
      (await must(other.api<Runs>('GET', `/api/workflows/${workflow.id}/runs`), 200)).data.at(-1)
    await until(async () => (await runOfCall())?.status === 'running')
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
