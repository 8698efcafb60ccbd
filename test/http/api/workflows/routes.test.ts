/** Contract, section 6: workflows and their versions, over real HTTP. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { createCatch, must, type WorkflowBody } from '../../../helpers/workflows.ts'

const GOOD = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "v1"}\n'
type Page<T> = { data: T[]; next_cursor: string | null }
type Version = { id: string; number: number; source: string; message: string; created_at: string; deployed: boolean }

const server = await shareServer()
after(() => server.close())

const make = (fields: Record<string, unknown>) => must(server.api<WorkflowBody>('POST', '/api/workflows', fields), 201)

test('a new workflow has every field of the contract, with its defaults', async () => {
  const made = await make({ name: 'é <b>', kind: 'catch' })
  const { id, hook_url, created_at, updated_at, ...rest } = made
  assert.match(id, /^wf_/)
  assert.match(hook_url, new RegExp(`^${server.url}/hooks/[0-9a-f]{40}$`))
  assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.equal(created_at, updated_at)
  assert.deepEqual(rest, {
    name: 'é <b>',
    kind: 'catch',
    description: '',
    enabled: true,
    archived: false,
    runtime: 'python3',
    timeout_seconds: 30,
    max_concurrency: 10,
    isolation: 'fresh',
    body_limit_bytes: 32 * 1024 * 1024,
    schedule: null,
    idempotency: null,
    retention_days: null,
    retention_bytes: null,
    answer: null,
    request_schema: null,
    propagate_trace: false,
    connections: [],
    record_outbound: false,
    deploy_gate: null,
    canary: null,
    retries: { count: 0, backoff_seconds: 10 },
    sender_check: { scheme: 'none', secrets: 0 },
    alerts: null,
    egress: { mode: 'internet', hosts: [] },
    decisions: null,
    privacy: null,
    lane: null,
    shared_settings: [],
    tags: [],
    allowed_ips: [],
    methods: ['POST'],
    rate_limit: null,
    editors: null,
    memory_mib: 512,
    variables: {},
    deployed_version: null,
  })
  const { next_tick_at, contacts, waiting_runs, ...read } = await must(server.api('GET', `/api/workflows/${id}`), 200)
  assert.deepEqual(read, made)
  assert.deepEqual([next_tick_at, waiting_runs], [null, 0])
  // The people of other tests.
  assert.ok(Array.isArray(contacts))
  const pull = await make({ name: 'p', kind: 'pull' })
  assert.deepEqual([pull.timeout_seconds, pull.max_concurrency, pull.hook_url, pull.schedule], [300, 1, null, null])
})

const badWorkflows: Readonly<Record<string, readonly [fields: unknown, detail: RegExp]>> = {
  'an unknown field': [{ name: 'a', kind: 'catch', owner_id: 1 }, /unknown field "owner_id"/],
  'no name': [{ kind: 'catch' }, /"name"/],
  'an empty name': [{ name: '', kind: 'catch' }, /name: expected at least 1/],
  'a blank name': [{ name: ' \t', kind: 'catch' }, /name/],
  'a name of 201 characters': [{ name: 'x'.repeat(201), kind: 'catch' }, /name: expected at most 200/],
  'a name with NUL': ['{"name":"a\\u0000","kind":"catch"}', /name/],
  'a name with a lone surrogate': ['{"name":"\\ud800","kind":"catch"}', /name/],
  'a name that is a number': [{ name: 1, kind: 'catch' }, /name: expected string, found 1/],
  'an unknown kind': [{ name: 'a', kind: 'push' }, /kind: expected one of catch, pull, found "push"/],
  'an unknown runtime': [
    { name: 'a', kind: 'catch', runtime: 'cobol' },
    /runtime: expected one of .*python3.*found "cobol"/,
  ],
  'a Python that is not here': [
    { name: 'a', kind: 'catch', runtime: 'python3.99' },
    /found "python3\.99"\. An owner can add it with POST \/api\/runtimes and \{"version": "3\.99"\}/,
  ],
  'timeout 0': [{ name: 'a', kind: 'catch', timeout_seconds: 0 }, /timeout_seconds: expected at least 1, found 0/],
  'timeout 3601': [{ name: 'a', kind: 'catch', timeout_seconds: 3601 }, /timeout_seconds/],
  'timeout 1.5': [{ name: 'a', kind: 'catch', timeout_seconds: 1.5 }, /timeout_seconds: expected a whole number/],
  'concurrency 0': [{ name: 'a', kind: 'catch', max_concurrency: 0 }, /max_concurrency/],
  'an unknown isolation': [{ name: 'a', kind: 'catch', isolation: 'none' }, /isolation: expected one of fresh, reuse/],
  'a body limit above 32 MiB': [
    { name: 'a', kind: 'catch', body_limit_bytes: 32 * 1024 * 1024 + 1 },
    /body_limit_bytes/,
  ],
  'a schedule on a catch workflow': [{ name: 'a', kind: 'catch', schedule: { every_seconds: 60 } }, /schedule/],
  'an unknown field in the schedule': [
    { name: 'a', kind: 'pull', schedule: { every_seconds: 60, x: 1 } },
    /schedule: unknown field "x"/,
  ],
  'a schedule that is a number': [
    { name: 'a', kind: 'pull', schedule: 60 },
    /^schedule: expected object or null, found 60\.$/,
  ],
  'an interval of 0': [
    { name: 'a', kind: 'pull', schedule: { every_seconds: 0 } },
    /^schedule\.every_seconds: expected at least 1, found 0\.$/,
  ],
  'an unknown way to overlap': [
    { name: 'a', kind: 'pull', schedule: { every_seconds: 60, overlap: 'no' } },
    /^schedule\.overlap: expected one of skip, queue, allow, found "no"\.$/,
  ],
  'an array': [[], /expected object/],
  null: ['null', /expected object|expected the field/],
  'no JSON': ['{', /line 1, column 2/],
  'a field __proto__': ['{"name":"a","kind":"catch","__proto__":{"x":1}}', /unknown field "__proto__"/],
}
for (const [name, [fields, detail]] of Object.entries(badWorkflows)) {
  test(`A06 a workflow with ${name} is 400`, async () => {
    const answer = await server.api('POST', '/api/workflows', fields)
    assert.equal(answer.status, 400, answer.text)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.match(String(answer.body.detail), detail)
  })
}

test('PATCH changes what it names and nothing else', async () => {
  const made = await make({ name: 'before', kind: 'pull', description: 'd' })
  const schedule = { every_seconds: 3600, overlap: 'queue', missed: 'none' }
  const changes = {
    name: 'after',
    schedule,
    timeout_seconds: 5,
    max_concurrency: 2,
    isolation: 'reuse',
    enabled: false,
  }
  const changed = await must(server.api('PATCH', `/api/workflows/${made.id}`, changes), 200)
  assert.deepEqual({ ...changed, updated_at: made.updated_at }, { ...made, ...changes })
  const cleared = await must(server.api('PATCH', `/api/workflows/${made.id}`, { schedule: null }), 200)
  assert.equal(cleared.schedule, null)
  assert.equal((await server.api('PATCH', `/api/workflows/${made.id}`, { kind: 'catch' })).status, 400)
  assert.equal((await server.api('PATCH', `/api/workflows/${made.id}`, { id: 'wf_1' })).status, 400)
  assert.deepEqual((await must(server.api('PATCH', `/api/workflows/${made.id}`, {}), 200)).name, 'after')
})

test('lists filter, search and page', async () => {
  const word = `word${Date.now()}`
  const made: string[] = []
  for (let index = 0; index < 5; index += 1)
    made.push((await make({ name: `${word} ${index}`, kind: index === 4 ? 'pull' : 'catch' })).id)
  await must(server.api('PATCH', `/api/workflows/${made[0]}`, { archived: true }), 200)
  const ids = async (query: string) =>
    (await must(server.api<Page<WorkflowBody>>('GET', `/api/workflows?q=${word}${query}`), 200)).data.map(
      ({ id }) => id,
    )
  assert.deepEqual(new Set(await ids('')), new Set(made.slice(1)))
  assert.deepEqual(await ids('&archived=true'), made.slice(0, 1))
  assert.deepEqual(await ids('&kind=pull'), made.slice(4))
  assert.equal((await ids('&kind=&archived=&cursor=')).length, 4)

  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = `/api/workflows?q=${word}&limit=3&cursor=${cursor}`
    const page: Page<WorkflowBody> = await must(server.api<Page<WorkflowBody>>('GET', query), 200)
    assert.ok(page.data.length <= 3)
    seen.push(...page.data.map(({ id }) => id))
    cursor = page.next_cursor
  }
  assert.deepEqual(new Set(seen), new Set(made.slice(1)))
  assert.equal(seen.length, 4)
})

for (const query of [
  'limit=0',
  'limit=201',
  'limit=x',
  'limit=1.5',
  'limit=1&limit=2',
  'cursor=nonsense',
  'kind=push',
  'archived=perhaps',
  'unknown=1',
  'q=%00',
]) {
  test(`a list with ${query} is 400`, async () => {
    const answer = await server.api('GET', `/api/workflows?${query}`)
    assert.equal(answer.status, 400, answer.text)
  })
}

for (const [method, path, body] of [
  ['GET', '/api/workflows/wf_unknown'],
  ['GET', '/api/workflows/%00'],
  ['GET', "/api/workflows/'%20or%201=1"],
  ['PATCH', '/api/workflows/wf_unknown', {}],
  ['POST', '/api/workflows/wf_unknown/hook-key'],
  ['POST', '/api/workflows/wf_unknown/versions', { source: GOOD }],
  ['GET', '/api/workflows/wf_unknown/versions'],
  ['GET', '/api/workflows/wf_unknown/settings'],
  ['PUT', '/api/workflows/wf_unknown/settings/k', { value: 1 }],
  ['DELETE', '/api/workflows/wf_unknown/settings/k'],
  ['GET', '/api/workflows/wf_unknown/settings/k/history'],
  ['POST', '/api/workflows/wf_unknown/runs', {}],
  ['GET', '/api/workflows/wf_unknown/runs'],
  ['GET', '/api/workflows/wf_unknown/ticks'],
  ['GET', '/api/runs/run_unknown'],
  ['GET', '/api/runs/run_unknown/logs'],
  ['POST', '/api/runs/run_unknown/replay'],
  ['POST', '/api/runs/run_unknown/cancel'],
  ['GET', '/api/nothing'],
  ['GET', '/api/workflows/wf_unknown/refused-calls'],
  ['POST', '/api/workflows/wf_unknown/sample-call', {}],
] as const) {
  test(`A01 ${method} ${path} is 404`, async () => {
    const answer = await server.api(method, path, body)
    assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'], answer.text)
  })
}

test('a method that a path does not have is 405, naming those that it has', async () => {
  const answer = await server.api('DELETE', '/api/workflows')
  assert.deepEqual([answer.status, answer.body.code], [405, 'method_not_allowed'], answer.text)
  assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST')
})

test('deploying, drafts, and the way back', async () => {
  const workflow = await make({ name: 'versions', kind: 'catch' })
  const versions = `/api/workflows/${workflow.id}/versions`
  const call = async () => await (await fetch(workflow.hook_url, { method: 'POST' })).text()
  const first = await must(server.api<Version>('POST', versions, { source: GOOD, message: 'first' }), 201)
  assert.deepEqual(
    { ...first, id: '', created_at: '', deployed_at: '' },
    {
      id: '',
      number: 1,
      source: GOOD,
      files: {},
      message: 'first',
      created_at: '',
      created_by: { type: 'api_key', id: 'key_configured', name: 'WORKFLOWS_API_KEY' },
      deployed: true,
      deployed_at: '',
      runtime: 'python3',
      requires_python: null,
      packages: [],
      environment: null,
      notes: [],
      durable: false,
      fork_obstacle: null,
      lock: null,
    },
  )
  assert.equal(await call(), 'v1')

  const draft = await must(
    server.api<Version>('POST', versions, { source: GOOD.replace('v1', 'v2'), deploy: false }),
    201,
  )
  assert.deepEqual([draft.number, draft.deployed, await call()], [2, false, 'v1'])
  const deployed = await must(server.api<Version>('POST', `${versions}/2/deploy`), 200)
  assert.deepEqual([deployed.deployed, await call()], [true, 'v2'])
  await must(server.api('POST', `${versions}/1/deploy`), 200)
  assert.equal(await call(), 'v1')

  const { data } = await must(server.api<Page<Version>>('GET', versions), 200)
  assert.deepEqual(
    data.map(({ number, deployed }) => [number, deployed]),
    [
      [2, false],
      [1, true],
    ],
  )
  assert.equal((await must(server.api<Version>('GET', `${versions}/2`), 200)).source, draft.source)
  assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deployed_version, 1)
  for (const number of ['3', '0', '-1', 'x', '1e0', '99999999999999999999']) {
    assert.equal((await server.api('GET', `${versions}/${number}`)).status, 404)
    assert.equal((await server.api('POST', `${versions}/${number}/deploy`)).status, 404)
  }
})

const broken: Readonly<Record<string, readonly [source: string, line: number, detail: RegExp]>> = {
  'a syntax error': ['x = 1\ndef workflow(_request, settings:\n    pass\n', 2, /SyntaxError/],
  'an import error': ['import os\nimport nothing_like_this\n', 2, /nothing_like_this/],
  'no workflow function': ['x = 1\n', 1, /workflow/],
  'too few parameters': ['def workflow():\n    pass\n', 1, /parameter|argument/],
  'an annotation that nothing imports': [
    'def workflow(_request: Dict, settings: Dict) -> Union[None, Dict]:\n    pass\n',
    1,
    /^NameError: name 'Dict' is not defined\. Nothing imports it: add `from typing import Dict, Union`$/,
  ],
  'a module that nothing imports': ['x = json.dumps(1)\n', 1, /Nothing imports it: add `import json`$/],
  'a name that nothing defines': ['x = nothing_like_this\n', 1, /^NameError: name 'nothing_like_this' is not defined$/],
  'an exception while loading': ['\n\nraise ValueError("boom")\n', 3, /boom/],
}
for (const [name, [source, line, detail]] of Object.entries(broken)) {
  test(`code with ${name} is 422 with line and detail, and nothing is stored; as a draft it is stored`, async () => {
    const workflow = await make({ name: 'broken', kind: 'catch' })
    const versions = `/api/workflows/${workflow.id}/versions`
    const answer = await server.api('POST', versions, { source })
    assert.equal(answer.status, 422, answer.text)
    assert.equal(answer.body.code, 'load_error')
    assert.match(String(answer.body.detail), detail)
    assert.equal(answer.body.line, line)
    assert.deepEqual((await must(server.api<Page<Version>>('GET', versions), 200)).data, [])
    assert.deepEqual((await must(server.api<Version>('POST', versions, { source, deploy: false }), 201)).number, 1)
    assert.equal((await server.api('POST', `${versions}/1/deploy`)).status, 422)
    assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deployed_version, null)
  })
}

test('A13 F02 source over 1 MiB is 413, source that is no text is 400', async () => {
  const { id } = await make({ name: 'large', kind: 'catch' })
  const post = (body: unknown) => server.api('POST', `/api/workflows/${id}/versions`, body)
  assert.equal((await post({ source: `#${'x'.repeat(1024 * 1024)}`, deploy: false })).status, 413)
  assert.equal((await post({ source: 'x'.repeat(9 * 1024 * 1024), deploy: false })).status, 413)
  assert.equal((await post('{"source":"\\ud800","deploy":false}')).status, 400)
  assert.equal((await post({ source: 1 })).status, 400)
  assert.equal((await post({})).status, 400)
  assert.equal((await server.api('POST', `/api/workflows/${id}/versions`)).status, 400)
})

test('a rotated hook key makes a new URL and ends the old one', async () => {
  const workflow = await createCatch(server, { source: GOOD })
  const rotated = await must(server.api<WorkflowBody>('POST', `/api/workflows/${workflow.id}/hook-key`), 200)
  assert.notEqual(rotated.hook_url, workflow.hook_url)
  assert.equal((await fetch(workflow.hook_url, { method: 'POST' })).status, 404)
  assert.equal((await fetch(rotated.hook_url, { method: 'POST' })).status, 200)
  const pull = await make({ name: 'p', kind: 'pull' })
  assert.equal((await server.api('POST', `/api/workflows/${pull.id}/hook-key`)).status, 409)
  const odd = await server.api('POST', `/api/workflows/${workflow.id}/hook-key`, { hook_key: 'mine' })
  assert.deepEqual([odd.status, odd.body.detail], [400, 'the body: unknown field "hook_key".'])
  assert.equal((await fetch(rotated.hook_url, { method: 'POST' })).status, 200)
})

test('a draft refuses numbers that the database could not return', async () => {
  const { id } = await make({ name: 'large numbers', kind: 'catch' })
  const put = (base_version: number) =>
    server.api<{ code?: string }>('PUT', `/api/workflows/${id}/draft`, { source: GOOD, base_version })
  for (const number of [2 ** 31, 2 ** 53, 2 ** 62]) assert.equal((await put(number)).status, 400, `${number}`)
  await must(put(2 ** 31 - 1), 200)
  await must(server.api('GET', `/api/workflows/${id}/draft`), 200)
})

test('code that only older Pythons load names those of this server', async () => {
  const { data } = (await must(server.api('GET', '/api/runtimes'), 200)) as {
    data: { name: string; version: string }[]
  }
  const minorOf = ({ version }: { version: string }) => Number(version.split('.')[1])
  const pythons = data.filter(({ name }) => name.startsWith('python3'))
  const newest = pythons.find(({ name }) => name === 'python3')
  assert.ok(newest)
  const older = pythons.filter((one) => minorOf(one) < minorOf(newest)).sort((a, b) => minorOf(b) - minorOf(a))
  const { id } = await make({ name: 'old', kind: 'catch' })
  const source = `import sys
if sys.version_info >= (3, ${minorOf(newest)}):
    import asyncore_of_old
def workflow(_request, settings):
    return None
`
  const answer = await server.api('POST', `/api/workflows/${id}/versions`, { source, deploy: true })
  assert.deepEqual([answer.status, answer.body.code], [422, 'load_error'])
  const hint = older.length === 0 ? '' : `. It loads on ${older.map(({ name }) => name).join(', ')}: set the runtime`
  assert.ok(String(answer.body.detail).includes(hint), String(answer.body.detail))
  const broken = source.replace('def workflow', 'def other')
  const never = await server.api('POST', `/api/workflows/${id}/versions`, { source: broken, deploy: true })
  assert.doesNotMatch(String(never.body.detail), /It loads on/)
})
