/** Contract, section 10: an agent's whole job over the Model Context Protocol, by the official client. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { startServer } from '../../helpers/server.ts'
import { callHook, must, until, type WorkflowBody } from '../../helpers/workflows.ts'

const WRONG = 'def workflow(_request, settings):\n    return {"status_code": "200", "body": "x"}\n'
const WAITS = `
from workflows import wait_for
def workflow(_request, settings):
    return {"status_code": 200, "body": wait_for("signed", within="1h")["by"]}
`
const RIGHT = `
import json
def workflow(_request, settings):
    print("hello", _request["name"])
    settings["COUNT"] = settings.get("COUNT", 0) + 1
    return {"status_code": 201, "body": json.dumps({"hello": _request["name"]})}
`
type Result = { isError?: boolean; structuredContent?: Record<string, unknown>; content: { text?: string }[] }

const server = await startServer()
after(() => server.close())

async function connect(key: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  const requestInit = { headers: { Authorization: `Bearer ${key}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', server.url), { requestInit }))
  return client
}

async function call(client: Client, name: string, given: Record<string, unknown>): Promise<Result> {
  return (await client.callTool({ name, arguments: given })) as Result
}

async function good(client: Client, name: string, given: Record<string, unknown>): Promise<Record<string, unknown>> {
  const result = await call(client, name, given)
  assert.notEqual(result.isError, true, result.content[0]?.text)
  return result.structuredContent ?? {}
}

test('an agent creates, tests, corrects, deploys and watches a workflow', async () => {
  const client = await connect(server.apiKey)
  const { id: workflow_id, hook_url } = await good(client, 'create_workflow', { name: 'agent', kind: 'catch' })
  const request = { body: { name: 'Ada' } }
  await good(client, 'save_version', { workflow_id, source: WRONG })
  const failed = await good(client, 'test_workflow', { workflow_id, source: WRONG, request })
  assert.deepEqual([failed.status, failed.code], ['failed', 'invalid_response'])
  const saved = await good(client, 'save_version', { workflow_id, source: RIGHT, message: 'return an int' })
  assert.deepEqual([saved.number, saved.deployed], [2, false])
  const tried = await good(client, 'test_workflow', { workflow_id, version: 2, request })
  assert.equal(tried.status, 'succeeded')
  assert.deepEqual((await good(client, 'list_settings', { workflow_id })).data, [], 'a test keeps no settings')
  const waits = { workflow_id, source: WAITS, request }
  const signed = await good(client, 'test_workflow', { ...waits, answers: { signed: { by: 'Eve' } } })
  assert.equal((signed.response as { body: string } | null)?.body, 'Eve', String(signed.message))
  assert.equal((await good(client, 'test_workflow', { ...waits, waits: 'real' })).status, 'waiting')
  await good(client, 'deploy_version', { workflow_id, version: 2 })
  const answer = await callHook({ id: workflow_id, hook_url } as WorkflowBody, { name: 'Grace' })
  assert.deepEqual([answer.status, answer.text], [201, '{"hello": "Grace"}'])
  const runs = (await good(client, 'list_runs', { workflow_id, trigger: 'hook' })).data as { id: string }[]
  assert.equal(runs.length, 1)
  const run_id = runs[0]?.id
  assert.equal((await good(client, 'get_run', { run_id })).status, 'succeeded')
  const logs = (await good(client, 'get_logs', { run_id })).data as { text: string }[]
  assert.deepEqual(
    logs.map(({ text }) => text),
    ['hello Grace'],
  )
  assert.equal((await good(client, 'replay_run', { run_id })).replay_of, run_id)
  const source = await client.readResource({ uri: `workflow://${workflow_id}/source` })
  assert.equal((source.contents[0] as { text: string }).text, RIGHT)
  await client.close()
})

test('an agent changes fields of a workflow, and proves a fix on the failing runs by a trial', async () => {
  const client = await connect(server.apiKey)
  const { id: workflow_id, hook_url } = await good(client, 'create_workflow', { name: 'failing', kind: 'catch' })
  await good(client, 'save_version', { workflow_id, source: WRONG, message: 'wrong' })
  await good(client, 'deploy_version', { workflow_id, version: 1 })
  const changes = { timeout_seconds: 70, methods: ['POST', 'GET'] }
  const changed = await good(client, 'update_workflow', { workflow_id, changes })
  assert.deepEqual([changed.timeout_seconds, changed.methods], [70, ['POST', 'GET']])
  const unknown = await call(client, 'update_workflow', { workflow_id, changes: { time_out: 7 } })
  assert.match(unknown.content[0]?.text ?? '', /400 bad_request.*time_out/)
  await callHook({ id: workflow_id, hook_url } as WorkflowBody, { name: 'Ada' })
  const given = { workflow_id, source: RIGHT, runs: { last: 5, failing: true } }
  const { id: trial_id } = await good(client, 'start_trial', given)
  const trial = await until(async () => {
    const found = await good(client, 'get_trial', { trial_id })
    return found.status === 'running' ? null : found
  })
  assert.equal((trial.counts as Record<string, number>).fixed, 1)
  const cases = (await good(client, 'list_trial_cases', { trial_id, verdict: 'fixed' })).data as unknown[]
  assert.equal(cases.length, 1)
  await good(client, 'save_version', { workflow_id, source: RIGHT, message: 'right' })
  const versions = (await good(client, 'list_versions', { workflow_id })).data as Record<string, unknown>[]
  assert.deepEqual(
    versions.map(({ number, deployed, source }) => [number, deployed, source]),
    [
      [2, false, undefined],
      [1, true, undefined],
    ],
  )
  assert.equal((await good(client, 'get_version', { workflow_id, version: 2 })).source, RIGHT)
  await client.close()
})

test('lists are short unless an agent asks for all fields', async () => {
  const client = await connect(server.apiKey)
  const { id: workflow_id, hook_url } = await good(client, 'create_workflow', { name: 'listed', kind: 'catch' })
  await good(client, 'save_version', { workflow_id, source: RIGHT })
  await good(client, 'deploy_version', { workflow_id, version: 1 })
  await callHook({ id: workflow_id, hook_url } as WorkflowBody, { name: 'Ada' })
  type Items = readonly Record<string, unknown>[]
  const list = async (name: string, given: object) => (await good(client, name, { ...given })).data as Items
  const [short] = await list('list_workflows', { q: 'listed' })
  assert.deepEqual(short, {
    ...{ id: workflow_id, name: 'listed', kind: 'catch', enabled: true, archived: false, runtime: 'python3' },
    ...{ hook_url, deployed_version: 1, tags: [] },
  })
  const [whole] = await list('list_workflows', { q: 'listed', all_fields: true })
  assert.ok(whole !== undefined && Object.keys(whole).length > 30)
  const [run] = await list('list_runs', { workflow_id })
  assert.ok(run !== undefined && !('timing' in run) && run.status === 'succeeded', JSON.stringify(run))
  const { resources } = await client.listResources()
  assert.deepEqual(
    resources.map(({ uri }) => uri),
    ['workflows://guide'],
  )
  await client.close()
})

test('Z3-50 the description of each tool says what an agent needs to choose it', async () => {
  const client = await connect(server.apiKey)
  const { tools } = await client.listTools()
  for (const { name, description = '' } of tools) assert.ok(description.length >= 25, `${name}: ${description}`)
  const list = tools.find(({ name }) => name === 'list_workflows')
  assert.match(list?.description ?? '', /ids.*archived/)
  await client.close()
})

test('the tools have the names of the contract, and the guide and the prompts are there', async () => {
  const client = await connect(server.apiKey)
  const { tools } = await client.listTools()
  assert.deepEqual(tools.map(({ name }) => name).sort(), [
    'answer_task',
    'create_workflow',
    'deploy_version',
    'get_build_log',
    'get_logs',
    'get_run',
    'get_trial',
    'get_version',
    'get_workflow',
    'list_connections',
    'list_dead_letter_runs',
    'list_dead_letters',
    'list_runs',
    'list_settings',
    'list_steps',
    'list_tasks',
    'list_trial_cases',
    'list_versions',
    'list_workflows',
    'put_setting',
    'replay_dead_letters',
    'replay_run',
    'save_version',
    'start_trial',
    'test_workflow',
    'update_workflow',
    'wake_run',
  ])
  const guide = await client.readResource({ uri: 'workflows://guide' })
  assert.match((guide.contents[0] as { text: string }).text, /# Writing functions/)
  const { prompts } = await client.listPrompts()
  assert.deepEqual(prompts.map(({ name }) => name).sort(), ['why_failing', 'write_workflow'])
  await client.close()
})

test('a secret is never in a result', async () => {
  const client = await connect(server.apiKey)
  const { id: workflow_id } = await good(client, 'create_workflow', { name: 'secrets', kind: 'pull' })
  const given = { workflow_id, key: 'TOKEN', value: 'swordfish-9', secret: true }
  assert.doesNotMatch(JSON.stringify(await call(client, 'put_setting', given)), /swordfish/)
  assert.doesNotMatch(JSON.stringify(await call(client, 'list_settings', { workflow_id })), /swordfish/)
  const connection = { name: 'ats', provider: 'greenhouse', client_id: 'client', client_secret: 'swordfish-8' }
  await must(server.api('POST', '/api/connections', connection), 201)
  for (const all_fields of [false, true]) {
    const listed = JSON.stringify(await call(client, 'list_connections', { all_fields }))
    assert.match(listed, /greenhouse/)
    assert.doesNotMatch(listed, /swordfish/)
  }
  await client.close()
})

test('a key that may only read changes nothing, whatever tool it calls', async () => {
  const owner = await connect(server.apiKey)
  const { id: workflow_id } = await good(owner, 'create_workflow', { name: 'watched', kind: 'catch' })
  await good(owner, 'save_version', { workflow_id, source: RIGHT })
  await good(owner, 'deploy_version', { workflow_id, version: 1 })
  await good(owner, 'put_setting', { workflow_id, key: 'A', value: 'before' })
  const { id: run_id } = await good(owner, 'test_workflow', {
    workflow_id,
    version: 1,
    request: { body: { name: 'x' } },
  })
  const { key } = await must(
    server.api<{ key: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'] }),
    201,
  )
  const everything = async () => {
    const paths = [
      '',
      `/${workflow_id}`,
      `/${workflow_id}/versions`,
      `/${workflow_id}/settings`,
      `/${workflow_id}/runs`,
    ]
    return await Promise.all(paths.map((path) => must(server.api('GET', `/api/workflows${path}`), 200)))
  }
  const before = await everything()
  const client = await connect(key)
  const [group_id, trial_id, environment_id] = [`dead_${'0'.repeat(32)}`, 'trial_1', 'env_1']
  const source = 'def workflow(r, s): pass'
  const given: Readonly<Record<string, Record<string, unknown>>> = {
    list_workflows: {},
    get_workflow: { workflow_id },
    list_runs: { workflow_id },
    get_run: { run_id },
    get_logs: { run_id },
    list_settings: { workflow_id },
    list_connections: {},
    list_steps: { run_id },
    wake_run: { run_id },
    list_tasks: {},
    answer_task: { task_id: 'task_1', choice: 'approve' },
    create_workflow: { name: 'x', kind: 'catch' },
    save_version: { workflow_id, source },
    test_workflow: { workflow_id, source },
    deploy_version: { workflow_id, version: 1 },
    replay_run: { run_id },
    put_setting: { workflow_id, key: 'A', value: 'after' },
    update_workflow: { workflow_id, changes: { timeout_seconds: 7 } },
    list_versions: { workflow_id },
    get_version: { workflow_id, version: 1 },
    get_build_log: { environment_id },
    list_dead_letters: { workflow_id },
    list_dead_letter_runs: { group_id },
    replay_dead_letters: { group_id },
    start_trial: { workflow_id, version: 1, runs: { last: 1 } },
    get_trial: { trial_id },
    list_trial_cases: { trial_id },
  }
  const { tools } = await client.listTools()
  assert.deepEqual(tools.map(({ name }) => name).sort(), Object.keys(given).sort())
  for (const { name, annotations } of tools) {
    const result = await call(client, name, given[name] ?? {})
    const isRefused = result.isError === true && /403 forbidden/.test(result.content[0]?.text ?? '')
    assert.equal(isRefused, annotations?.readOnlyHint !== true, name)
  }
  assert.deepEqual(await everything(), before)
  await client.close()
  await owner.close()
})

test('errors say what was expected', async () => {
  const client = await connect(server.apiKey)
  const missing = await call(client, 'get_workflow', { workflow_id: 'wf_nothing' })
  assert.match(missing.content[0]?.text ?? '', /404 not_found\): There is no workflow/)
  const wrong = await call(client, 'create_workflow', { name: 'x', kind: 'catch', schedule: { every_seconds: 1 } })
  assert.equal(wrong.isError, true)
  for (const workflow_id of ['', '.', '..']) {
    const { isError, content } = await call(client, 'list_runs', { workflow_id })
    assert.equal(isError, true)
    assert.match(content[0]?.text ?? '', /workflow_id: expected the name of a thing, found "\.{0,2}"\.$/)
  }
  await client.close()
})

test('a call without a key or with a wrong one is 401, and other methods are not allowed', async () => {
  const post = (key: Readonly<Record<string, string>>) =>
    fetch(new URL('/mcp', server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...key },
      body: '{}',
    })
  const without = await post({})
  assert.equal(without.status, 401)
  assert.match(without.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.doesNotMatch(await without.text(), /unknown/)
  const wrong = await post({ authorization: 'Bearer wfk_wrong' })
  assert.equal(wrong.status, 401)
  assert.match(await wrong.text(), /Send an API key.*The API key of this call is unknown, revoked or expired/)
  const get = await fetch(new URL('/mcp', server.url), { headers: { authorization: `Bearer ${server.apiKey}` } })
  assert.equal(get.status, 405)
})
