/** Contract, section 14: after erasing, the files of the database hold nothing of the person. */

import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import pg from 'pg'
import { startCluster } from '../helpers/cluster.ts'
import { createPostgres } from '../helpers/databases.ts'
import { startHttpTarget } from '../helpers/http-target.ts'
import { listBelow, unlessGone } from '../helpers/listing.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { tryOut } from '../helpers/trials.ts'
import { callHook, createCatch, must, type RunBody, runOf, until } from '../helpers/workflows.ts'

const VALUE = 'gone.for.good.4711@example.com'
/** What is left of a word in an index of trigrams or a compressed page would still hold a part of it. */
const PARTS = [VALUE, 'good.4711', 'gone.for.good']
const source = (url: string, name: string) => `
import requests
def workflow(request, settings):
    email = request["email"]
    print("received", email)
    settings["LAST"] = email
    requests.post("${url}/people", json={"email": email})
    if request.get("fail"): raise ValueError("cannot store " + email)
    return {"status_code": 200, "headers": {"Workflow-Label": email}, "body": "${name} " + email}
`

/** Lets the person pass through everything that stores something, erases, and returns what the API still finds. */
async function passThroughAndErase(server: TestServer, url: string): Promise<void> {
  const retries = { count: 1, backoff_seconds: 1 }
  const fields = {
    record_outbound: true,
    retries,
    lane: { from: 'body', path: 'email' },
    idempotency: { from: 'body', path: 'n' },
  }
  const workflow = await createCatch(server, { source: source(url, 'old'), ...fields })
  const path = `/api/workflows/${workflow.id}`
  await runOf(server, await callHook(workflow, { n: '1', email: VALUE, cv: `${VALUE} `.repeat(2000) }))
  await callHook(workflow, { n: '2', email: VALUE, fail: true }, { headers: { prefer: 'respond-async' } })
  const failed = await until(async () => {
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', `${path}/runs?failing=true`), 200)
    return data.length === 2 && data
  })
  await must(server.api('POST', `/api/runs/${failed[0]?.id}/replay`, {}), 200)
  await must(server.api('POST', `${path}/versions`, { source: source(url, 'new'), deploy: false }), 201)
  const { trial } = await tryOut(server, workflow.id, { version: 2, runs: { last: 10 }, outbound: 'recorded' })
  assert.ok((trial.counts['changed'] ?? 0) > 0)
  for (const code of [`# ${VALUE}`, '# another text', `# again ${VALUE}`]) {
    await must(server.api('PUT', `${path}/draft`, { source: code, files: { 'lib/who.py': `WHO = "${VALUE}"` } }), 200)
    await must(server.api('PUT', `${path}/draft`, { source: null }), 200)
  }
  await must(server.api('PUT', `${path}/draft`, { source: `${source(url, 'draft')}# ${VALUE}\n` }), 200)
  await must(server.api('PATCH', path, { canary: { version: 2, percent: 99 } }), 200)
  await callHook(workflow, { n: '3', email: VALUE })
  await must(server.api('POST', `${path}/canary/abort`, {}), 200)
  await must(server.api('DELETE', `${path}/settings/LAST`), 204)
  const found = async () =>
    (await must(server.api<{ data: { run_id: string }[] }>('POST', '/api/privacy/find', { value: VALUE }), 200)).data
  // The index of texts is written a little behind the runs: three calls, a retry, a replay, and a run of the trial for each of the first four.
  const run_ids = await until(async () => {
    const ids = (await found()).map(({ run_id }) => run_id)
    return ids.length === 9 && ids
  })
  await must(server.api('POST', '/api/privacy/erase', { value: VALUE, run_ids }), 200)
  assert.deepEqual(await found(), [])
  const { draft } = await must(server.api<{ draft: { source: string } }>('GET', `${path}/draft`), 200)
  assert.match(draft.source, /# \*\*\*\n$/)
  const cases = await must(
    server.api<{ data: { differences: unknown[] }[] }>('GET', `/api/trials/${trial.id}/cases`),
    200,
  )
  assert.ok(cases.data.every(({ differences }) => differences.length === 0))
}

function assertNowhere(directory: string): void {
  const files = listBelow(directory).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  assert.ok(files.length > 0)
  for (const path of files) {
    const bytes = unlessGone(() => readFileSync(path))
    for (const part of PARTS) assert.ok(!bytes?.includes(part), `${path} holds ${part}`)
  }
}

/** The statements that docs/guides/privacy.md names for an engine. */
function stepsOf(engine: string): readonly string[] {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/privacy.md'), 'utf8')
  const steps = new RegExp(`\\*\\*${engine}\\.\\*\\*.*?\`\`\`sql[^\n]*\n(.*?)\`\`\``, 's').exec(guide)?.[1] ?? ''
  assert.match(steps, /VACUUM/)
  return steps.split(';').filter((step) => step.trim() !== '')
}

test('P02 after erasing and the documented steps, no file of SQLite holds the person: database, log, index, recordings, trials, canary', async (t) => {
  const target = await startHttpTarget()
  t.after(() => target.close())
  const server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
  t.after(() => server.close())
  await passThroughAndErase(server, `http://127.0.0.1:${target.port}`)
  const database = new DatabaseSync(join(server.dataDir, 'workflows.db'))
  for (const step of stepsOf('SQLite')) database.exec(step)
  database.close()
  assertNowhere(server.dataDir)
})

test('P02 after erasing and the documented steps, no file of PostgreSQL holds the person', async (t) => {
  const target = await startHttpTarget()
  t.after(() => target.close())
  const cluster = await startCluster(1, { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` }, createPostgres())
  t.after(() => cluster.close())
  const [server] = cluster.servers
  assert.ok(server !== undefined)
  await passThroughAndErase(server, `http://127.0.0.1:${target.port}`)
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  await client.connect()
  for (const step of stepsOf('PostgreSQL')) await client.query(step)
  const { rows } = await client.query<{ data_directory: string }>('show data_directory')
  await client.end()
  assertNowhere(rows[0]?.data_directory ?? '')
})
