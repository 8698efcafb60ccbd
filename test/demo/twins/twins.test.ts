/** Each twin by itself: credentials, pages, rate limits, faults, tokens, and hooks to a server of the test. */

import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type RunningTwin, startTwins } from '../../../src/demo/twins/twins.ts'
import { findTwin } from '../../helpers/demo-server.ts'
import { until } from '../../helpers/workflows.ts'

type Json = Record<string, unknown>
type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json & unknown[] }
type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

/** The receiver answers as the vendors ask of a new hook. */
const received: Received[] = []
let receiverStatus = 200
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    received.push({ headers: request.headers, body })
    const secret = request.headers['x-hook-secret']
    response.writeHead(receiverStatus, secret === undefined ? {} : { 'X-Hook-Secret': secret }).end(body)
  })
})

/** A clock of the test, so that no window ends by itself. */
let now = Date.UTC(2026, 5, 1)
let twins: readonly RunningTwin[] = []
let own = ''
before(async () => {
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  own = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  twins = await startTwins({ key: Buffer.alloc(32, 7), isOwn: (url) => url.startsWith(`${own}/`), now: () => now })
})
after(async () => {
  for (const twin of twins) await twin.close()
  receiver.close()
  receiver.closeAllConnections()
})

const find = (name: string): RunningTwin => findTwin(twins, name)
const basic = (name = '', password = ''): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
const credential = ({ credentials }: RunningTwin, name: string): string => {
  const value = credentials[name]
  assert.ok(value !== undefined, `there is no credential ${name}`)
  return value
}

type Known = {
  /** A list with more than one page, and the name of its items in the body. */
  readonly list: string
  readonly items: (body: Answer['body']) => Json[]
  readonly key: (twin: RunningTwin) => Record<string, string>
  /** The address of the next page, or null. */
  readonly next: (answer: Answer, twin: RunningTwin) => string | null
  /** How many calls a window admits. Null: its answers say so without headers. */
  readonly limit: number
}

const listOf = (value: unknown): Json[] => value as Json[]
const linkOf = ({ headers }: Answer): string | null =>
  /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] ?? null

const KNOWN: Readonly<Record<string, Known>> = {
  greenhouse: {
    list: '/v1/candidates?per_page=25',
    items: listOf,
    key: (twin) => ({ authorization: basic(credential(twin, 'api_key')) }),
    next: linkOf,
    limit: 50,
  },
  smartrecruiters: {
    list: '/candidates?limit=25',
    items: ({ content }) => listOf(content),
    key: (twin) => ({ 'x-smarttoken': credential(twin, 'api_key') }),
    next: ({ body }, { url }) =>
      body['nextPageId'] === '' ? null : `${url}/candidates?limit=25&pageId=${String(body['nextPageId'])}`,
    limit: 10,
  },
  lever: {
    list: '/v1/opportunities?limit=25',
    items: ({ data }) => listOf(data),
    key: (twin) => ({ authorization: basic(credential(twin, 'api_key')) }),
    next: ({ body }, { url }) =>
      body['hasNext'] === true ? `${url}/v1/opportunities?limit=25&offset=${String(body['next'])}` : null,
    limit: 20,
  },
  workable: {
    list: '/spi/v3/candidates?limit=25',
    items: ({ candidates }) => listOf(candidates),
    key: (twin) => ({ authorization: `Bearer ${credential(twin, 'api_token')}` }),
    next: ({ body }) => ((body['paging'] as Json)['next'] as string | undefined) ?? null,
    limit: 10,
  },
  recruitee: {
    list: '/c/46082/candidates?limit=25&offset=0',
    items: ({ candidates }) => listOf(candidates),
    key: (twin) => ({ authorization: `Bearer ${credential(twin, 'api_token')}` }),
    next: ({ body }, { url }) => {
      const last = listOf(body['candidates']).at(-1)?.['id']
      return last === undefined ? null : `${url}/c/46082/candidates?limit=25&offset=${Number(last) - 31_000_000}`
    },
    limit: 100,
  },
  teamtailor: {
    list: '/v1/candidates?page[size]=25',
    items: ({ data }) => listOf(data),
    key: (twin) => ({ authorization: `Token token=${credential(twin, 'api_key')}`, 'x-api-version': '20240904' }),
    next: ({ body }) => ((body['links'] as Json)['next'] as string | undefined) ?? null,
    limit: 50,
  },
  slack: {
    list: '/api/conversations.list?limit=3',
    items: ({ channels }) => listOf(channels),
    key: (twin) => ({ authorization: `Bearer ${credential(twin, 'bot_token')}` }),
    next: ({ body }, { url }) => {
      const cursor = String((body['response_metadata'] as Json)['next_cursor'])
      return cursor === '' ? null : `${url}/api/conversations.list?limit=3&cursor=${encodeURIComponent(cursor)}`
    },
    limit: 20,
  },
}

async function call(url: string, headers: Record<string, string> = {}, sent?: unknown): Promise<Answer> {
  const body = sent === undefined ? null : JSON.stringify(sent)
  const type: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' }
  const method = body === null ? 'GET' : 'POST'
  const answer = await fetch(url, { method, headers: { ...type, ...headers }, body, redirect: 'manual' })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {},
  }
}

/** No window that an earlier test began is open afterwards. */
const nextWindow = (): number => (now += 120_000)

test('there is a twin of each service, with an address on loopback and credentials', () => {
  assert.deepEqual(twins.map(({ name }) => name).sort(), Object.keys(KNOWN).sort())
  for (const { url, credentials } of twins) {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.ok(
      Object.values(credentials).every((value) => value !== ''),
      JSON.stringify(credentials),
    )
  }
})

test('credentials are equal for the same key, and differ for another', async () => {
  const options = { isOwn: () => false, now: () => now }
  const again = await startTwins({ ...options, key: Buffer.alloc(32, 7) })
  const others = await startTwins({ ...options, key: Buffer.alloc(32, 8) })
  for (const twin of [...again, ...others]) await twin.close()
  for (const [index, twin] of twins.entries()) {
    const secrets = (one: RunningTwin | undefined) =>
      Object.entries(one?.credentials ?? {}).filter(
        ([key]) => /secret$|key$|_token$/.test(key) && key !== 'board_token',
      )
    assert.ok(secrets(twin).length > 0)
    assert.deepEqual(secrets(again[index]), secrets(twin))
    for (const [key, value] of secrets(others[index])) assert.notEqual(value, twin.credentials[key])
  }
})

for (const [name, known] of Object.entries(KNOWN)) {
  test(`${name} refuses a call without a credential or with a wrong one`, async () => {
    const twin = find(name)
    for (const key of [undefined, 'wrong']) {
      const headers = Object.entries(known.key(twin)).map(([header]) => [header, key])
      const sent = key === undefined ? {} : Object.fromEntries(headers)
      const { status, body } = await call(twin.url + known.list, { ...sent, 'x-api-version': '20240904' })
      // Slack answers 200.
      if (name === 'slack') assert.deepEqual([status, body], [200, { ok: false, error: 'invalid_auth' }])
      else assert.equal(status, 401)
    }
  })

  test(`${name} has pages, and each item is on one`, async () => {
    nextWindow()
    const twin = find(name)
    const ids: unknown[] = []
    let pages = 0
    for (let url: string | null = twin.url + known.list; url !== null; pages += 1) {
      const answer: Answer = await call(url, known.key(twin))
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      ids.push(...known.items(answer.body).map(({ id }) => id))
      url = known.next(answer, twin)
    }
    assert.ok(pages > 1)
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(ids.length, name === 'slack' ? 4 : 60)
  })

  test(`${name} limits requests, until its window ends`, async () => {
    nextWindow()
    const twin = find(name)
    const send = () => call(twin.url + known.list, known.key(twin))
    for (let count = 0; count < known.limit; count += 1) assert.equal((await send()).status, 200)
    const refused = await send()
    assert.equal(refused.status, 429)
    if (name === 'greenhouse' || name === 'slack') assert.ok(Number(refused.headers.get('retry-after')) >= 1)
    if (name === 'workable' || name === 'teamtailor') assert.equal(refused.headers.get('x-rate-limit-remaining'), '0')
    if (name === 'smartrecruiters') assert.equal(refused.headers.get('x-ratelimit-remaining'), '0')
    nextWindow()
    assert.equal((await send()).status, 200)
  })

  test(`${name} fails on demand, as often as asked`, async () => {
    nextWindow()
    const twin = find(name)
    const send = () => call(twin.url + known.list, known.key(twin))
    await call(`${twin.url}/faults`, {}, { status: 503, times: 2 })
    await call(`${twin.url}/faults`, {}, { delay_ms: 1, status: 401 })
    assert.deepEqual([(await send()).status, (await send()).status, (await send()).status], [503, 503, 401])
    assert.equal((await send()).status, 200)
    await call(`${twin.url}/faults`, {}, { expire_token: true, times: 1 })
    const expired = await send()
    if (name === 'slack') assert.deepEqual(expired.body, { ok: false, error: 'token_expired' })
    else assert.equal(expired.status, 401)
    assert.equal((await send()).status, 200)
  })

  test(`${name} has the resume of each person, and knows no other path`, async () => {
    const twin = find(name)
    const file = await fetch(`${twin.url}/files/resume-1.pdf`)
    assert.equal(
      Buffer.from(await file.arrayBuffer())
        .subarray(0, 5)
        .toString(),
      '%PDF-',
    )
    assert.equal((await call(`${twin.url}/no/such/path`, known.key(twin))).status, 404)
  })
}

test('a fault that makes no sense is refused, and those that wait can be ended', async () => {
  const { url } = find('lever')
  for (const fault of [
    {},
    { status: 200 },
    { status: 503, times: 0 },
    { delay_ms: 1e9 },
    { expire_token: 1 },
    { x: 1 },
    { status: 503, path: `/${'x'.repeat(200)}` },
  ]) {
    assert.equal((await call(`${url}/faults`, {}, fault)).status, 400, JSON.stringify(fault))
  }
  await call(`${url}/faults`, {}, { status: 500, times: 9, path: '/v1/postings' })
  assert.equal((await call(`${url}/faults`)).status, 200)
  assert.equal((await fetch(`${url}/faults`, { method: 'DELETE' })).status, 204)
  assert.deepEqual((await call(`${url}/faults`)).body, { data: [] })
})

test('an expired token is answered with 401 on a route that needs no credential, too', async () => {
  const { url } = find('greenhouse')
  const send = () => call(`${url}/v1/boards/nordwind/jobs`)
  await call(`${url}/faults`, {}, { expire_token: true, path: '/v1/boards' })
  assert.deepEqual([(await send()).status, (await send()).status], [401, 200])
})

test('pages of a browser cannot control a twin', async () => {
  const { url } = find('slack')
  const plain = await fetch(`${url}/faults`, { method: 'POST', body: '{"status":500}' })
  assert.equal(plain.status, 415)
})

test('a token of client credentials is valid until it is expired on demand', async () => {
  nextWindow()
  for (const [name, path] of [
    ['greenhouse', '/v3/candidates?per_page=5'],
    ['smartrecruiters', '/jobs'],
  ] as const) {
    const twin = find(name)
    const [id, password] = [credential(twin, 'client_id'), credential(twin, 'client_secret')]
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: password })
    const headers = { authorization: basic(id, password) }
    const answer = await fetch(credential(twin, 'token_url'), { method: 'POST', headers, body: form })
    const { access_token } = (await answer.json()) as { access_token: string }
    const send = () => call(twin.url + path, { authorization: `Bearer ${access_token}` })
    assert.equal((await send()).status, 200)
    await call(`${twin.url}/faults`, {}, { expire_token: true })
    assert.deepEqual([(await send()).status, (await send()).status], [401, 401])
    const wrong = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: 'wrong' })
    assert.equal((await fetch(credential(twin, 'token_url'), { method: 'POST', body: wrong })).status, 401)
  }
})

test('Lever and Slack exchange a code once, and a refresh token once', async () => {
  nextWindow()
  for (const name of ['lever', 'slack']) {
    const twin = find(name)
    const redirect = `${own}/connections/callback`
    const verifier = 'a verifier of at least forty-three characters, so there'
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const asked = new URL(credential(twin, 'authorization_url'))
    const client_id = credential(twin, 'client_id')
    asked.search = String(
      new URLSearchParams({ client_id, redirect_uri: redirect, state: 's', code_challenge: challenge }),
    )
    const sent = await fetch(asked, { redirect: 'manual' })
    const code = new URL(sent.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const exchange = async (fields: Record<string, string>) => {
      const form = { client_id, client_secret: credential(twin, 'client_secret'), ...fields }
      const answer = await fetch(credential(twin, 'token_url'), { method: 'POST', body: new URLSearchParams(form) })
      return (await answer.json()) as { access_token?: string; refresh_token?: string }
    }
    const first = { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier }
    const { refresh_token = '' } = await exchange(first)
    assert.equal((await exchange(first)).access_token, undefined)
    const { access_token } = await exchange({ grant_type: 'refresh_token', refresh_token })
    assert.ok(access_token !== undefined)
    assert.equal((await exchange({ grant_type: 'refresh_token', refresh_token })).access_token, undefined)
    assert.equal((await exchange({ grant_type: 'client_credentials' })).access_token, undefined)
    const list = KNOWN[name]?.list ?? ''
    const { body } = await call(twin.url + list, { authorization: `Bearer ${access_token}` })
    assert.ok('data' in body || body['ok'] === true, JSON.stringify(body))
    asked.searchParams.set('redirect_uri', 'https://elsewhere.example/connections/callback')
    assert.equal((await fetch(asked, { redirect: 'manual' })).status, 400)
  }
})

/** Returns the header of a token for Harvest v3. */
async function v3Bearer(): Promise<Record<string, string>> {
  const twin = find('greenhouse')
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const headers = { authorization: basic(credential(twin, 'client_id'), credential(twin, 'client_secret')) }
  const answer = await fetch(credential(twin, 'token_url'), { method: 'POST', headers, body })
  const { access_token } = (await answer.json()) as Json
  return { authorization: `Bearer ${String(access_token)}` }
}

test('Harvest v3 has cursors that allow no other parameter', async () => {
  nextWindow()
  const twin = find('greenhouse')
  const bearer = await v3Bearer()
  const since = '2026-01-20T00:00:00Z'
  let next: string | null = `${twin.url}/v3/applications?created_at=gte|${since}&status=active&per_page=7`
  const found: Json[] = []
  while (next !== null) {
    const answer: Answer = await call(next, bearer)
    found.push(...listOf(answer.body))
    next = linkOf(answer)
    if (next !== null) assert.equal((await call(`${next}&per_page=7`, bearer)).status, 422)
  }
  assert.ok(found.length > 7)
  assert.ok(
    found.every(({ status, created_at }) => status === 'active' && Date.parse(String(created_at)) >= Date.parse(since)),
  )
})

test('a damaged token of a page is refused as the vendor does', async () => {
  nextWindow()
  const [greenhouse, smartrecruiters, lever, slack] = ['greenhouse', 'smartrecruiters', 'lever', 'slack'].map(find)
  const { url } = greenhouse as RunningTwin
  const bearer = await v3Bearer()
  const cursor = linkOf(await call(`${url}/v3/jobs?per_page=7`, bearer))?.split('cursor=')[1] ?? ''
  assert.notEqual(cursor, '')
  const keyOf = (twin: RunningTwin | undefined) => KNOWN[twin?.name ?? '']?.key(twin as RunningTwin) ?? {}
  for (const token of ['!', 'bm9uZQ', cursor.slice(1), `${cursor}x`]) {
    const send = (twin: RunningTwin | undefined, path: string) => call(`${twin?.url}${path}${token}`, keyOf(twin))
    assert.equal((await call(`${url}/v3/jobs?cursor=${token}`, bearer)).status, 422, token)
    assert.equal((await send(smartrecruiters, '/candidates?pageId=')).status, 400, token)
    assert.equal((await send(lever, '/v1/opportunities?offset=')).status, 400, token)
    const { body } = await send(slack, '/api/conversations.list?cursor=')
    assert.deepEqual(body, { ok: false, error: 'invalid_cursor' }, token)
  }
})

test('Slack limits messages to a channel, by whatever name it is called', async () => {
  nextWindow()
  const twin = find('slack')
  const post = (channel: string) => {
    const headers = { authorization: `Bearer ${credential(twin, 'bot_token')}` }
    return call(`${twin.url}/api/chat.postMessage`, headers, { channel, text: 'hello' })
  }
  for (let count = 0; count < 5; count += 1)
    for (const name of ['C0HIRING', 'hiring']) assert.equal((await post(name)).status, 200)
  assert.equal((await post('#hiring')).status, 429)
  assert.equal((await post('C0OPS')).status, 200)
})

test('Recruitee lists all candidates for a limit that makes no sense', async () => {
  nextWindow()
  const twin = find('recruitee')
  for (const limit of ['-1', '0', 'x', '1.5']) {
    const { body } = await call(`${twin.url}/c/46082/candidates?limit=${limit}`, KNOWN['recruitee']?.key(twin))
    assert.equal(listOf(body['candidates']).length, 60, limit)
  }
})

test('hooks are bounded in number and length, also those that are registered simultaneously', async () => {
  nextWindow()
  const [recruitee, lever] = [find('recruitee'), find('lever')]
  const long = await call(`${recruitee.url}/hooks`, {}, { url: `${own}/hooks/${'x'.repeat(2000)}` })
  assert.equal(long.status, 400)
  assert.match(String(long.body['error']), /2000 characters/)
  const sent = { url: `${own}/hooks/${'x'.repeat(2000)}`, event: 'applicationCreated' }
  assert.equal((await call(`${lever.url}/v1/webhooks`, KNOWN['lever']?.key(lever), sent)).status, 400)
  const add = (index: number) => call(`${recruitee.url}/hooks`, {}, { url: `${own}/hooks/${index}` })
  const made = await Promise.all(Array.from({ length: 60 }, (_, index) => add(index)))
  const ids = made.filter(({ status }) => status === 201).map(({ body }) => String(body['id']))
  assert.equal(ids.length, 50)
  for (const id of ids) assert.equal((await fetch(`${recruitee.url}/hooks/${id}`, { method: 'DELETE' })).status, 204)
})

test('a subscription of SmartRecruiters that is activated twice simultaneously gets each event once', async () => {
  nextWindow()
  const twin = find('smartrecruiters')
  const headers = KNOWN['smartrecruiters']?.key(twin) ?? {}
  const path = `${twin.url}/webhooks-api/v201907/subscriptions`
  const sent = { callbackUrl: `${own}/hooks/key`, events: ['application.created'] }
  const { id } = (await call(path, headers, sent)).body
  const activate = () => fetch(`${path}/${String(id)}/activation`, { method: 'PUT', headers })
  const answers = await Promise.all([activate(), activate()])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [204, 204],
  )
  assert.equal(listOf((await call(path, headers)).body['content']).length, 1)
  assert.equal((await fetch(`${path}/${String(id)}`, { method: 'DELETE', headers })).status, 204)
})

test('hooks go to this server only', async () => {
  received.splice(0)
  for (const { name, url } of twins) {
    for (const target of ['http://169.254.169.254/hooks/x', `${own}/api/system`, 'nothing']) {
      const { status } = await call(`${url}/hooks`, {}, { url: target })
      assert.equal(status, 400, `${name} accepts ${target}`)
    }
  }
  assert.equal(received.length, 0)
})

/** What each vendor's documentation says of its signature, written here without the code under test. */
const SIGNED: Readonly<Record<string, (event: Received, secret: string) => boolean>> = {
  greenhouse: ({ headers, body }, secret) => headers['signature'] === `sha256 ${hex(secret, body)}`,
  smartrecruiters({ headers, body }, secret) {
    const parts = ['event-id', 'event-name', 'event-version', 'link'].map((name) => headers[name])
    const signed = [headers['smartrecruiters-timestamp'], body, ...parts].join('.')
    return headers['smartrecruiters-signature'] === `v1=${hex(secret, signed)}`
  },
  lever({ body }, secret) {
    const { token, triggeredAt, signature } = JSON.parse(body)
    return signature === hex(secret, `${token}${triggeredAt}`)
  },
  workable: ({ headers, body }, secret) => headers['x-workable-signature'] === hex(secret, body),
  recruitee: ({ headers, body }, secret) => headers['x-recruitee-signature'] === hex(secret, body),
  teamtailor({ body }, secret) {
    const payload = body.slice('{"payload":'.length, body.lastIndexOf(',"signature":'))
    return JSON.parse(body).signature === Buffer.from(hex(secret, payload)).toString('base64')
  },
  slack({ headers, body }, secret) {
    const time = headers['x-slack-request-timestamp']
    return headers['x-slack-signature'] === `v0=${hex(secret, `v0:${time}:${body}`)}`
  },
}
const hex = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex')

for (const [name, isSigned] of Object.entries(SIGNED)) {
  test(`${name} signs its events, and repeats one that failed`, async () => {
    const twin = find(name)
    const { status, body } = await call(`${twin.url}/hooks`, {}, { url: `${own}/hooks/key` })
    assert.equal(status, 201, JSON.stringify(body))
    received.splice(0)
    receiverStatus = 500
    await call(`${twin.url}/events`, {}, {})
    await until(async () => received.length > 0)
    receiverStatus = 200
    await until(async () => received.length > 1)
    const secret = credential(twin, 'webhook_secret')
    const events = received.splice(0, 2)
    assert.deepEqual(
      events.map((event) => [isSigned(event, secret), isSigned(event, `${secret}0`)]),
      [
        [true, false],
        [true, false],
      ],
      events.map(({ body: text }) => text).join('\n'),
    )
    const delivered = await until(async () => {
      const { data } = (await call(`${twin.url}/deliveries`)).body as unknown as { data: { state: string }[] }
      return data.some(({ state }) => state === 'delivered') ? data : null
    })
    assert.equal(delivered.length, 1)
    assert.equal((await fetch(`${twin.url}/hooks/${String(body['id'])}`, { method: 'DELETE' })).status, 204)
  })
}
