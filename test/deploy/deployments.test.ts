/** Deployments in the background: their audit lines, and what becomes of them when their server ends. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../helpers/cluster.ts'
import { createDirectory, forEachDatabase } from '../helpers/databases.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import type { TrialBody } from '../helpers/trials.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

type VersionBody = { readonly number: number; readonly deployed: boolean }
type Line = { readonly by: { readonly name: string }; readonly detail: string; readonly changes: unknown }

const ENV = {
  WORKFLOWS_API_KEY: 'wf_a_key_for_deployments_that_go_on',
  WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 5).toString('base64'),
}

const answering = (text: string, first = '') =>
  `import time\n${first}\ndef workflow(r, s):\n    return {"status_code": 200, "body": "${text}"}\n`

/** Saves code with `Prefer: respond-async`. */
async function postLater(server: TestServer, { id }: WorkflowBody, body: object): Promise<VersionBody> {
  const response = await fetch(`${server.url}/api/workflows/${id}/versions`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      'content-type': 'application/json',
      prefer: 'respond-async',
    },
  })
  assert.equal(response.status, 202)
  return (await response.json()) as VersionBody
}

const isDeployed = async (server: TestServer, { id }: WorkflowBody, { number }: VersionBody): Promise<boolean> =>
  (await must(server.api<VersionBody>('GET', `/api/workflows/${id}/versions/${number}`), 200)).deployed

const linesOf = async (server: TestServer, { id }: WorkflowBody, action: string): Promise<readonly Line[]> =>
  (await must(server.api<{ data: Line[] }>('GET', `/api/audit?action=${action}&workflow_id=${id}`), 200)).data

const trialsOf = async (server: TestServer, { id }: WorkflowBody) =>
  (await must(server.api<{ data: (TrialBody & { created_at: string })[] }>('GET', `/api/workflows/${id}/trials`), 200))
    .data

/** A workflow whose gate allows no change of its one past run. */
async function createGated(server: TestServer, fields: object = {}): Promise<WorkflowBody> {
  const workflow = await createCatch(server, { source: answering('old'), ...fields })
  assert.equal((await callHook(workflow, {})).text, 'old')
  const deploy_gate = { last: 5, allow: ['same'] }
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate }), 200)
  return workflow
}

forEachDatabase(({ engine, createDatabase }) => {
  test('a deployment in the background has its audit line, and what its gate refuses has none', async (t) => {
    const { databaseUrl } = await createDatabase(t)
    const server = await startServer({
      env: { ...ENV, ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }) },
    })
    t.after(() => server.close())
    const workflow = await createGated(server)
    const refused = await postLater(server, workflow, { source: answering('new') })
    await until(async () => server.output().includes('a version could not be deployed'))
    assert.equal(await isDeployed(server, workflow, refused), false)
    assert.equal((await linesOf(server, workflow, 'version.deploy')).length, 1, 'that of version 1')
    const allowed = await postLater(server, workflow, { source: answering('old', '# As before.') })
    await until(() => isDeployed(server, workflow, allowed))
    const [line, ...others] = await linesOf(server, workflow, 'version.deploy')
    const changes = [{ field: 'deployed_version', old: '1', new: '3' }]
    assert.deepEqual(
      { by: line?.by.name, detail: line?.detail, changes: line?.changes, others: others.length },
      { by: 'WORKFLOWS_API_KEY', detail: 'version 3', changes, others: 1 },
    )
    const created = (await linesOf(server, workflow, 'version.create')).map(({ detail }) => detail)
    assert.deepEqual(created, ['version 3', 'version 2'])
  })

  const signal = engine === 'sqlite' ? 'SIGTERM' : 'SIGKILL'
  test(`after ${signal} a deployment goes on as it was asked for: past the gate`, async (t) => {
    const { databaseUrl } = await createDatabase(t)
    const dataDir = createDirectory(t)
    const env = {
      ...ENV,
      WORKFLOWS_LEASE_SECONDS: '6',
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    }
    let server = await startServer({ env, dataDir })
    t.after(() => server.stop())
    const workflow = await createGated(server)
    const version = await postLater(server, workflow, { source: answering('new', 'time.sleep(3)'), force: true })
    await server.stop(signal)
    server = await startServer({ env, dataDir })
    await until(() => isDeployed(server, workflow, version))
    const [line] = await linesOf(server, workflow, 'version.deploy')
    assert.deepEqual([line?.by.name, line?.detail], ['WORKFLOWS_API_KEY', 'version 2, forced past its gate'])
    assert.deepEqual(await trialsOf(server, workflow), [])
    await server.stop()
  })
})

test('a version that is prepared on one server is prepared by another only when the first is gone', async (t) => {
  const cluster = await startCluster(1, { WORKFLOWS_LEASE_SECONDS: '6' })
  t.after(() => cluster.close())
  const [first] = cluster.servers
  assert.ok(first)
  const workflow = await createGated(first, { timeout_seconds: 300 })
  // Its gate takes longer than this test.
  const slow = 'import time\ndef workflow(r, s):\n    time.sleep(290)\n'
  await postLater(first, workflow, { source: slow })
  await until(async () => (await trialsOf(first, workflow)).length === 1)
  const second = await cluster.start()
  // The second server would load the code and start a trial of its own while it does this.
  await createCatch(second, { source: answering('other') })
  await first.stop('SIGKILL')
  const killedAt = new Date().toISOString()
  const trials = await until(async () => {
    const found = await trialsOf(second, workflow)
    return found.length > 1 && found
  })
  assert.equal(trials.length, 2)
  assert.ok((trials[0]?.created_at ?? '') > killedAt, 'the second trial began after the first server was gone')
})
