/** What the client does with refusals. */

import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { createClient } from '../../client/index.ts'
import { until } from '../helpers/workflows.ts'

type Refusal = { readonly status: number; readonly retryAfter?: string }

let refusals: Refusal[] = []
let calls: string[] = []
let baseUrl = ''

const server = createServer((request, response) => {
  calls.push(`${request.method} ${request.url}`)
  request.resume()
  answer(response, refusals.shift())
})

function answer(response: ServerResponse, refusal: Refusal | undefined): void {
  if (refusal === undefined) {
    response.setHeader('content-type', 'application/json').end('{"id":"wf_1"}')
    return
  }
  if (refusal.retryAfter !== undefined) response.setHeader('retry-after', refusal.retryAfter)
  response.writeHead(refusal.status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ status: refusal.status, code: 'refused', title: 'Refused', detail: 'Not now.' }))
}

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => server.close())
beforeEach(() => {
  refusals = []
  calls = []
})

const create = (options = {}) => createClient({ baseUrl, ...options })
const body = { name: 'x', kind: 'catch' as const }

test('a call that is refused with 429 is made again after Retry-After', async () => {
  refusals = [{ status: 429, retryAfter: '0' }, { status: 429 }]
  await create().post('/api/workflows', { body })
  assert.equal(calls.length, 3)
})

test('a call that would be done twice is not made again after 503', async () => {
  refusals = [{ status: 503, retryAfter: '0' }]
  await assert.rejects(create().post('/api/workflows', { body }), { status: 503, retryAfterSeconds: 0 })
  assert.equal(calls.length, 1)
  refusals = [{ status: 503, retryAfter: '0' }]
  await create().get('/api/workflows/{id}', { path: { id: 'wf_1' } })
  assert.equal(calls.length, 3)
})

test('a call is made again at most as often as the client is told', async () => {
  refusals = Array.from({ length: 9 }, () => ({ status: 429, retryAfter: new Date().toUTCString() }))
  await assert.rejects(create().get('/api/me'), { status: 429, code: 'refused', detail: 'Not now.' })
  assert.equal(calls.length, 3)
  await assert.rejects(create({ retries: 0 }).get('/api/me'), { status: 429 })
  assert.equal(calls.length, 4)
})

test('a server that asks for a long wait is not waited for', async () => {
  refusals = [{ status: 429, retryAfter: '3600' }]
  await assert.rejects(create().get('/api/me'), { status: 429, retryAfterSeconds: 3600 })
  assert.equal(calls.length, 1)
})

test('other errors are not retried', async () => {
  refusals = [{ status: 500 }]
  await assert.rejects(create().get('/api/me'), { status: 500 })
  assert.equal(calls.length, 1)
})

test('a wait ends when the call is aborted', async () => {
  refusals = [{ status: 429, retryAfter: '50' }]
  const controller = new AbortController()
  const call = create().get('/api/me', { signal: controller.signal })
  const aborted = assert.rejects(call, { name: 'AbortError' })
  await until(async () => calls.length === 1)
  controller.abort()
  await aborted
  assert.equal(calls.length, 1)
})

test('an answer that is no problem document keeps its words', async () => {
  const proxy = createClient({ fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }) })
  await assert.rejects(proxy.get('/api/me'), { status: 502, code: '', detail: '<h1>Bad gateway</h1>' })
})
