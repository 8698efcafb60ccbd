/** Contract, section 6: settings through the API. What runs do with them is in test/contract/settings.test.ts. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type SharedServer, shareServer } from '../../../helpers/shared-servers.ts'
import { callHook, createCatch, must, runOf, until, type WorkflowBody } from '../../../helpers/workflows.ts'

type Setting = {
  key: string
  value: unknown
  secret: boolean
  revision: number
  updated_at: string
  updated_by: { type: string }
}
type Page<T> = { data: T[]; next_cursor: string | null }

let server: SharedServer
let workflow: WorkflowBody
before(async () => {
  server = await shareServer()
  workflow = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
})
after(() => server.close())

const pathOf = (key: string) => `/api/workflows/${workflow.id}/settings/${encodeURIComponent(key)}`
const put = (key: string, body: unknown) => server.api<Setting & { code?: string }>('PUT', pathOf(key), body)

for (const key of [
  'a/b',
  'é',
  '100%',
  '%2F',
  ' ',
  '?',
  '#',
  '__proto__',
  'constructor',
  '__incremental',
  '😀',
  'x'.repeat(1024),
  'é'.repeat(512),
]) {
  test(`S15 the key ${JSON.stringify(key.slice(0, 20))} of ${key.length} is set, listed, audited and deleted`, async () => {
    const set = await must(put(key, { value: 'v' }), 200)
    assert.deepEqual([set.key, set.value, set.secret, set.updated_by.type], [key, 'v', false, 'api_key'])
    const list = await must(server.api<Page<Setting>>('GET', `/api/workflows/${workflow.id}/settings?limit=200`), 200)
    assert.ok(list.data.some((setting) => setting.key === key))
    const history = await must(server.api<Page<{ new: unknown }>>('GET', `${pathOf(key)}/history`), 200)
    assert.equal(history.data[0]?.new, 'v')
    assert.equal((await must(server.api<string>('DELETE', pathOf(key)), 204)) as unknown, '')
    assert.equal((await server.api('DELETE', pathOf(key))).status, 404)
  })
}

for (const key of ['__workflow_id', 'x'.repeat(1025), 'a\0b']) {
  test(`the key ${JSON.stringify(key.slice(0, 20))} of ${key.length} is 400`, async () => {
    assert.equal((await put(key, { value: 1 })).status, 400)
    assert.equal((await server.api('DELETE', pathOf(key))).status, 400)
  })
}

for (const text of [
  'null',
  'true',
  '1.0',
  '-0',
  '1e400',
  '9223372036854775808',
  '"\\u0000\\ud800"',
  '[1 , {"b":1,"a":2,"b":3}]',
  '{"__proto__":{"x":1}}',
  '""',
]) {
  test(`S07 the value ${text} comes back byte for byte`, async () => {
    const answer = await put('exact', `{ "secret" : false,"value" :  ${text} }`)
    assert.equal(answer.status, 200, answer.text)
    const list = await server.api('GET', `/api/workflows/${workflow.id}/settings`)
    assert.ok(list.text.includes(`{"key":"exact","value":${text},"secret":false`), list.text)
  })
}

const bad: Readonly<Record<string, readonly [body: unknown, code: string]>> = {
  'no value': [{}, 'bad_request'],
  'an unknown field': [{ value: 1, type: 'x' }, 'bad_request'],
  'secret "yes"': [{ value: 1, secret: 'yes' }, 'bad_request'],
  NaN: ['{"value":NaN}', 'invalid_body'],
  'a depth of 300': [`{"value":${'['.repeat(300)}${']'.repeat(300)}}`, 'invalid_body'],
  'more than 256 KiB': [{ value: 'x'.repeat(256 * 1024) }, 'invalid_settings'],
}
for (const [name, [body, code]] of Object.entries(bad)) {
  test(`a setting with ${name} is 400 ${code}`, async () => {
    const answer = await server.api('PUT', pathOf('bad'), body)
    assert.deepEqual([answer.status, answer.body.code], [400, code], answer.text)
  })
}

test('S06 more than 1 MiB in all is refused', async () => {
  const own = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const value = 'x'.repeat(250 * 1024)
  const answers: unknown[] = []
  for (let index = 0; index < 5; index += 1) {
    const { status, body } = await server.api('PUT', `/api/workflows/${own.id}/settings/k${index}`, { value })
    answers.push(status === 200 ? status : [status, body.code])
  }
  assert.deepEqual(answers, [200, 200, 200, 200, [400, 'invalid_settings']])
})

test('a compressed body is refused with the reason', async () => {
  for (const [type, path] of [
    ['application/json', pathOf('packed')],
    ['application/zip', '/api/workflows/import'],
  ] as const) {
    const headers = { authorization: `Bearer ${server.apiKey}`, 'content-type': type, 'content-encoding': 'gzip' }
    const method = type === 'application/json' ? 'PUT' : 'POST'
    const answer = await fetch(new URL(path, server.url), { method, headers, body: gzipSync('{"value":1}') })
    assert.equal(answer.status, 415)
    assert.match(await answer.text(), /Expected no Content-Encoding, found/)
  }
})

test('an integer that Python does not take is no setting', async () => {
  const answer = await put('long', `{"value":${'7'.repeat(4301)}}`)
  assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_body'])
  assert.equal((await put('long', `{"value":${'7'.repeat(4300)}}`)).status, 200)
  assert.equal((await callHook(workflow, {})).status, 200)
})

test('a secret stays one when only its value is set, and no answer holds its value', async () => {
  const texts = [
    await put('token', { value: 'first-secret-value', secret: true }),
    await put('token', { value: 'second-secret-value' }),
    await server.api('GET', `/api/workflows/${workflow.id}/settings`),
    await server.api('GET', `${pathOf('token')}/history`),
  ].map(({ text }) => text)
  assert.ok(
    texts.every((text) => !text.includes('secret-value')),
    texts.join('\n'),
  )
  assert.match(texts[1] ?? '', /"value":null,"secret":true/)
})

test('S12 a change made from an older revision is refused with the current one, and can then be made on purpose', async () => {
  type Told = Setting & { code: string }
  const change = (value: unknown, base_revision: unknown) =>
    server.api<Told>('PUT', pathOf('shared'), { value, base_revision })
  const remove = (base: number) => server.api<Told>('DELETE', `${pathOf('shared')}?base_revision=${base}`)
  assert.equal((await must(change(1, 0), 200)).revision, 1)
  assert.equal((await change('made twice', 0)).status, 409)
  await must(put('shared', { value: 'by another person' }), 200)
  for (const { status, body } of [await change('stale', 1), await remove(1)]) {
    assert.deepEqual([status, body.code, body.revision], [409, 'conflict', 2])
  }
  const list = await must(server.api<Page<Setting>>('GET', `/api/workflows/${workflow.id}/settings?limit=200`), 200)
  const shown = list.data.find(({ key }) => key === 'shared')
  assert.deepEqual([shown?.value, shown?.revision], ['by another person', 2])
  assert.equal((await must(change('mine after all', 2), 200)).revision, 3)
  assert.equal((await remove(3)).status, 204)
  assert.equal((await change(1, 3)).body.revision, 0, 'what is gone is at revision 0')
  for (const bad of ['3', -1, 1.5]) assert.equal((await change(1, bad)).status, 400, String(bad))
})

test('settings and their history page', async () => {
  const own = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n', settings: { a: 1, b: 2, c: 3 } })
  const base = `/api/workflows/${own.id}/settings`
  const first = await must(server.api<Page<Setting>>('GET', `${base}?limit=2`), 200)
  const second = await must(server.api<Page<Setting>>('GET', `${base}?limit=2&cursor=${first.next_cursor}`), 200)
  assert.deepEqual(
    [...first.data, ...second.data].map(({ key }) => key),
    ['a', 'b', 'c'],
  )
  assert.equal(second.next_cursor, null)
  for (const value of [2, 3]) await must(server.api('PUT', `${base}/a`, { value }), 200)
  const newest = await must(server.api<Page<{ old: unknown; new: unknown }>>('GET', `${base}/a/history?limit=1`), 200)
  assert.deepEqual([newest.data[0]?.old, newest.data[0]?.new], [2, 3])
  const older = await must(
    server.api<Page<{ new: unknown }>>('GET', `${base}/a/history?cursor=${newest.next_cursor}`),
    200,
  )
  assert.deepEqual(
    older.data.map((change) => change.new),
    [2, 1],
  )
})

test('ticks page, newest first', async () => {
  const pull = await must(
    server.api<WorkflowBody>('POST', '/api/workflows', { name: 't', kind: 'pull', schedule: { every_seconds: 1 } }),
    201,
  )
  await must(
    server.api('POST', `/api/workflows/${pull.id}/versions`, { source: 'def workflow(settings):\n    pass\n' }),
    201,
  )
  assert.match(String((await server.api('GET', `/api/workflows/${pull.id}`)).body.next_tick_at), /Z$/)
  type Tick = { due_at: string; outcome: string; reason: string | null; run_id: string | null }
  const ticks = (query: string) => must(server.api<Page<Tick>>('GET', `/api/workflows/${pull.id}/ticks?${query}`), 200)
  await until(async () => (await ticks('')).data.length >= 3)
  await must(server.api('PATCH', `/api/workflows/${pull.id}`, { enabled: false }), 200)
  const first = await ticks('limit=1')
  const rest = await ticks(`cursor=${first.next_cursor}`)
  const due = [...first.data, ...rest.data].map(({ due_at }) => due_at)
  assert.deepEqual(due, [...due].sort().reverse())
  assert.deepEqual(Object.keys(first.data[0] ?? {}).sort(), ['due_at', 'outcome', 'reason', 'run_id'])
})

test('Y20 a secret that a run copied elsewhere is hidden from who may only read', async () => {
  const source = `
def workflow(_request, settings):
    settings['copy'] = {'auth': 'Bearer ' + settings['token'], 'n': 1.0}
    settings['whole'] = settings['object']
`
  const copying = await createCatch(server, { source })
  const put = (key: string, value: unknown) =>
    must(server.api('PUT', `/api/workflows/${copying.id}/settings/${key}`, { value, secret: true }), 200)
  await put('token', 'correct-horse-battery')
  await put('object', { user: 'staple-and-more' })
  const run = await runOf(server, await callHook(copying, {}))
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'Y20', scopes: ['read'] }), 201)
  const read = async (path: string, bearer: string) => {
    const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${bearer}` } })
    assert.equal(answer.status, 200)
    return await answer.text()
  }
  const paths = [
    `/api/workflows/${copying.id}/settings`,
    `/api/workflows/${copying.id}/settings/copy/history`,
    `/api/workflows/${copying.id}/settings/whole/history`,
    `/api/runs/${run.id}`,
  ]
  for (const path of paths) {
    assert.ok(!/battery|staple/.test(await read(path, key)), path)
    assert.match(await read(path, server.apiKey), /battery|staple/)
  }
  assert.match(await read(paths[0] ?? '', key), /"value":\{"auth":"Bearer \*\*\*","n":1\.0\}/)
})
