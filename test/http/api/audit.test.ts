/** The audit log from outside: what is in it, its filters and its export. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { createCatch, must, until } from '../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'
type Entry = {
  at: string
  by: { type: string; id: string; name: string }
  action: string
  detail: string
  changes: unknown
}

let server: TestServer
let page: Record<string, string>

before(async () => {
  server = await startServer()
  const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
  const body = { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD }
  page = pageOf(await post('/api/setup', body, {}))
})
after(() => server.close())

async function post(path: string, body: object, headers: Record<string, string>): Promise<Response> {
  return await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url, ...headers },
    body: JSON.stringify(body),
  })
}
const pageOf = (answer: Response): Record<string, string> => ({
  origin: server.url,
  'sec-fetch-site': 'same-origin',
  cookie: answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; '),
})
const list = async (query: string): Promise<Entry[]> =>
  (await must(server.api<{ data: Entry[] }>('GET', `/api/audit?${query}`), 200)).data

test('Y25 refused requests, password changes, names and sign-outs are in the audit log', async () => {
  const { key, id } = await must(
    server.api<{ key: string; id: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'] }),
    201,
  )
  const refused = await post('/api/keys?x=1', { name: 'more' }, { authorization: `Bearer ${key}` })
  assert.equal(refused.status, 403)
  assert.equal((await post('/api/workflows', { name: 'x' }, { ...page, origin: 'https://evil.test' })).status, 403)
  const wrong = { currentPassword: 'not my password', newPassword: `${PASSWORD}!` }
  assert.equal((await post('/api/auth/change-password', wrong, page)).status, 400)
  assert.equal((await post('/api/auth/update-user', { name: 'Ada L.' }, page)).status, 200)
  const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` }
  page = pageOf(await post('/api/auth/change-password', change, page))
  assert.equal((await post('/api/auth/revoke-other-sessions', {}, page)).status, 200)
  assert.equal((await post('/api/auth/sign-out', {}, page)).status, 200)
  const all = await until(async () => {
    const entries = await list('limit=200')
    return entries.filter(({ action }) => action === 'request.refuse').length === 2 ? entries : null
  })
  const find = (action: string) => all.find((entry) => entry.action === action)
  assert.deepEqual(
    all.filter(({ action }) => action === 'request.refuse').map(({ by, detail }) => [by.name, detail]),
    [
      ['Ada', 'POST /api/workflows from 127.0.0.1'],
      ['reader', 'POST /api/keys from 127.0.0.1'],
    ],
  )
  for (const action of ['password.refuse', 'password.change', 'person.rename', 'session.revoke', 'session.end']) {
    assert.equal(find(action)?.by.type, 'person', action)
  }
  assert.equal((await list(`actor=${id}`))[0]?.action, 'request.refuse')
})

test('Y25 the audit log is filtered, and wrong filters are refused', async () => {
  await must(server.api('POST', '/api/workflows', { name: 'filtered', kind: 'catch' }), 201)
  assert.deepEqual([...new Set((await list('action=workflow')).map(({ action }) => action))], ['workflow.create'])
  assert.ok((await list('actor=WORKFLOWS_API_KEY')).every(({ by }) => by.id === 'key_configured'))
  assert.deepEqual(await list(`since=${new Date(Date.now() + 60_000).toISOString()}`), [])
  assert.ok((await list(`until=${new Date(Date.now() + 60_000).toISOString()}&action=workflow.create`)).length > 0)
  for (const wrong of ['since=yesterday', 'action=%25', 'actor=%00', 'unknown=1', 'format=csv']) {
    assert.equal((await server.api('GET', `/api/audit?${wrong}`)).status, 400, wrong)
  }
})

test('Y25 the whole audit log is exported as JSON lines and as CSV without formulas', async () => {
  await must(server.api('POST', '/api/keys', { name: '=HYPERLINK("http://evil.test"),1', scopes: ['read'] }), 201)
  const headers = { authorization: `Bearer ${server.apiKey}` }
  const json = await fetch(`${server.url}/api/audit/export`, { headers })
  assert.match(json.headers.get('content-type') ?? '', /^application\/x-ndjson/)
  const lines: Entry[] = (await json.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.slice(0, 2).map(({ action }) => action),
    ['audit.export', 'key.create'],
  )
  assert.equal(lines.at(-1)?.action, 'owner.create')
  const csv = await server.api('GET', '/api/audit/export?format=csv&action=key.create')
  assert.match(csv.headers.get('content-disposition') ?? '', /^attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"$/)
  const rows = csv.text.split('\r\n')
  assert.equal(rows[0], 'at,by_type,by_id,by_name,action,workflow_id,detail,changes')
  assert.match(rows[1] ?? '', /,key\.create,,"'=HYPERLINK\(""http:\/\/evil\.test""\),1",$/)
  const made = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'x', scopes: ['read'] }), 201)
  const reader = { authorization: `Bearer ${made.key}` }
  assert.equal((await fetch(`${server.url}/api/audit/export`, { headers: reader })).status, 403)
})

test('the audit log says from what to what fields changed, and no value of a setting', async () => {
  const workflow = await must(
    server.api<{ id: string }>('POST', '/api/workflows', { name: 'changing', kind: 'catch' }),
    201,
  )
  const path = `/api/workflows/${workflow.id}`
  const source = (text: string) => ({ source: `def workflow(_request, settings):\n    return "${text}"\n` })
  await must(server.api('PATCH', path, { timeout_seconds: 61, name: 'changed', tags: [] }), 200)
  const sender_check = { scheme: 'header', header: 'X-Key', secret: 'a-long-secret-of-the-sender' }
  await must(server.api('PATCH', path, { sender_check }), 200)
  await must(server.api('PUT', `${path}/settings/KEY`, { value: 'of the setting' }), 200)
  await must(server.api('POST', `${path}/versions`, source('one')), 201)
  await must(server.api('POST', `${path}/versions`, { ...source('two'), deploy: false }), 201)
  await must(server.api('POST', `${path}/versions/2/deploy`, {}), 200)
  await must(server.api('POST', `${path}/versions/1/deploy`, {}), 200)
  const entries = await list(`workflow_id=${workflow.id}`)
  assert.deepEqual(
    entries.filter(({ action }) => action !== 'workflow.update').map(({ action, changes }) => [action, changes]),
    [
      ['version.deploy', [{ field: 'deployed_version', old: '2', new: '1' }]],
      ['version.deploy', [{ field: 'deployed_version', old: '1', new: '2' }]],
      ['version.create', []],
      ['version.deploy', [{ field: 'deployed_version', old: null, new: '1' }]],
      ['setting.set', []],
      ['workflow.create', []],
    ],
  )
  const [check, fields] = entries.filter(({ action }) => action === 'workflow.update')
  assert.deepEqual(fields?.changes, [
    { field: 'timeout_seconds', old: '30', new: '61' },
    { field: 'name', old: 'changing', new: 'changed' },
  ])
  assert.match(JSON.stringify(check), /sender_check.*none.*X-Key/)
  assert.doesNotMatch(JSON.stringify(entries), /of-the-sender|of the setting/)
})

test('a run has the line of its start from its first moment, and what has ended cannot be cancelled', async () => {
  const source = 'import time\ndef workflow(request, settings):\n    time.sleep(60)\n'
  const workflow = await createCatch(server, { source })
  const start = server.api('POST', `/api/workflows/${workflow.id}/runs`, {})
  const [line] = await until(async () => {
    const found = await list(`workflow_id=${workflow.id}&action=run.start`)
    return found.length > 0 && found
  })
  const id = line?.detail ?? ''
  await must(server.api('POST', `/api/runs/${id}/cancel`, {}), 200)
  await must(start, 200)
  await must(server.api('POST', `/api/runs/${id}/cancel`, {}), 409)
  await must(
    server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: 'def workflow(r, s): pass\n' }),
    201,
  )
  const replay = await must(server.api('POST', `/api/runs/${id}/replay`, {}), 200)
  const lines = await list(`workflow_id=${workflow.id}&action=run`)
  assert.deepEqual(
    lines.map(({ action, detail }) => [action, detail]),
    [
      ['run.replay', `${id} as ${replay['id']}`],
      ['run.cancel', id],
      ['run.start', id],
    ],
  )
})
