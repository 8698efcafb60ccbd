/** What callers see while PostgreSQL is frozen, down or read-only, and after. Contract, section 7. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type Cluster, startCluster } from '../helpers/cluster.ts'
import { createPostgres, type Postgres } from '../helpers/databases.ts'
import { begin, bodyOf, ended, OK, settingOf } from '../helpers/durable.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { type Answer, readAnswer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

let cluster: Cluster<Postgres>
let server: TestServer
let target: HttpTarget
let workflow: WorkflowBody
before(async () => {
  target = await startHttpTarget()
  cluster = await startCluster(1, { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` }, createPostgres())
  const [first] = cluster.servers
  assert.ok(first)
  server = first
  const source = `import urllib.request
def workflow(_request, settings):
    if _request["held"]:
        urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()
    settings[_request["id"]] = 1
    return {"status_code": 200, "body": "done"}
`
  workflow = await createCatch(server, { source, timeout_seconds: 600 })
})
after(async () => {
  await cluster.close()
  target.close()
})

let calls = 0

/** `held`: the run waits for the release of the target. */
function call(held = false): { readonly id: string; readonly answer: Promise<Answer<Record<string, unknown>>> } {
  calls += 1
  const id = `call ${calls}`
  return { id, answer: callHook(workflow, { id, held }) }
}

/** 503 with a reason and `Retry-After`. */
async function assertRefused(answer: Promise<Answer<Record<string, unknown>>>, reason: RegExp): Promise<void> {
  const { status, body, headers, text } = await answer
  assert.deepEqual([status, body.code], [503, 'unavailable'], text)
  assert.match(String(body.detail), reason)
  assert.ok(Number(headers.get('retry-after')) > 0)
}

/** It works again by itself, and nothing that was called has run twice or stays under way. */
async function assertRecovered(): Promise<void> {
  await until(async () => (await call().answer).status === 200)
  await until(async () => (await server.api('GET', '/readyz')).status === 200)
  const runs = await until(async () => {
    const path = `/api/workflows/${workflow.id}/runs?limit=200`
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', path), 200)
    return data.every(({ status }) => status !== 'running') ? data : null
  })
  const ids = await Promise.all(
    runs.map(async ({ id }) => {
      const { request } = await must(server.api<{ request: { body: string } }>('GET', `/api/runs/${id}`), 200)
      return String(JSON.parse(request.body).id)
    }),
  )
  assert.equal(new Set(ids).size, ids.length, 'each call has one run at most')
}

test('D06 ST27 while the database is down callers get 503, a result and a step wait for it, and everything continues when it is back', async () => {
  const slow = call(true)
  const durable = await begin(
    server,
    `import urllib.request
def act():
    urllib.request.urlopen("http://127.0.0.1:${target.port}/held-step").read()
    return settings.increment("n")
x = step("act", act)
${OK}`,
    { timeout_seconds: 600 },
    { headers: { prefer: 'respond-async' } },
  )
  await until(async () => target.asked.length > 1)
  await cluster.postgres.down()
  await assertRefused(call().answer, /cannot be reached|connection to it broke|stopping or starting/)
  assert.equal((await server.api('GET', '/readyz')).status, 503)
  assert.equal((await server.api('GET', '/healthz')).status, 200)
  const metrics = await server.api('GET', '/metrics')
  assert.equal(metrics.status, 200, metrics.text)
  assert.match(metrics.text, /^workflows_runs_running \d+$/m)
  assert.doesNotMatch(metrics.text, /^workflows_database_bytes /m)
  target.release()
  const lines = await until(async () => {
    const found = server
      .output()
      .split('\n')
      .filter((line) => line.includes('"code":"unavailable"'))
    return found.some((line) => line.includes('trying again')) && found
  })
  // The reason, without the stacks of what we throw ourselves.
  for (const line of lines) assert.ok(!line.includes('"stack"') && line.length < 1000, line)
  await cluster.postgres.up()
  assert.equal((await slow.answer).text, 'done')
  const run = await ended(server, durable.id)
  assert.deepEqual([run.status, run.steps, bodyOf(run)], ['succeeded', 1, 1])
  assert.equal(await settingOf(server, durable.workflow, 'n'), 1)
  await assertRecovered()
})

test('D06 while the database is down people cannot sign in, set up or be listed, and the answer says why', async () => {
  const signIn = async () => {
    const headers = { 'content-type': 'application/json', origin: server.url }
    const body = JSON.stringify({ email: 'ada@example.com', password: 'wrong' })
    return await readAnswer<Record<string, unknown>>(
      await fetch(`${server.url}/api/auth/sign-in/email`, { method: 'POST', headers, body }),
    )
  }
  const people = () => server.api('GET', '/api/people')
  const reason = /cannot be reached|connection to it broke|stopping or starting/
  // The tables of accounts are made by the first of these, or exist.
  for (const isKnown of [false, true]) {
    await cluster.postgres.down()
    await assertRefused(people(), reason)
    await assertRefused(signIn(), reason)
    await assertRefused(server.api('GET', '/api/system'), reason)
    await cluster.postgres.up()
    await assertRecovered()
    assert.deepEqual([(await people()).status, (await signIn()).status], [200, 401], String(isKnown))
  }
})

test('D06 a frozen database blocks no caller for ever, and work continues afterwards', async () => {
  assert.equal((await call().answer).status, 200)
  await cluster.postgres.freeze()
  const refused = [call(), call(), call()]
  try {
    await Promise.all(refused.map(({ answer }) => assertRefused(answer, /does not answer in time/)))
  } finally {
    await cluster.postgres.thaw()
  }
  await assertRecovered()
})

test('D06 a server whose database is frozen stops on SIGTERM', async () => {
  const other = await cluster.start()
  await cluster.postgres.freeze()
  try {
    other.process.kill('SIGTERM')
    const { process: child } = other
    await until(async () => child.exitCode !== null || child.signalCode !== null)
    assert.deepEqual([child.exitCode, child.signalCode], [0, null])
  } finally {
    await cluster.postgres.thaw()
  }
  await assertRecovered()
})

test('D06 while the database is read-only callers get 503', async () => {
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  await client.connect()
  const name = new URL(cluster.databaseUrl).pathname.slice(1)
  const setReadOnly = async (value: 'on' | 'off') => {
    await client.query('set default_transaction_read_only = off')
    await client.query(`alter database ${name} set default_transaction_read_only = ${value}`)
    // Only new connections see it: as after a failover, the old ones are ended.
    await client.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'workflows'")
  }
  try {
    await setReadOnly('on')
    // Calls before the last old connection has ended are answered, or name the broken connection.
    const refused = await until(async () => {
      const answer = await call().answer
      return answer.text.includes('it is read-only') && answer
    })
    await assertRefused(Promise.resolve(refused), /it is read-only/)
    await setReadOnly('off')
    await assertRecovered()
  } finally {
    await client.end()
  }
})
