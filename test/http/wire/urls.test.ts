import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { boundUrl, createUrls, hooksHaveOwnOrigin } from '../../../src/http/wire/urls.ts'

function requestTo(headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  Object.assign(request.headers, headers)
  return request
}

test('Y07 hooks have an origin of their own only on another host, because cookies ignore ports', () => {
  const own = (publicUrl: string | null, hooksUrl: string | null) => hooksHaveOwnOrigin({ publicUrl, hooksUrl })
  assert.equal(own(null, null), false)
  assert.equal(own('https://a.test', 'https://a.test/base'), false)
  assert.equal(own('https://a.test', 'https://a.test:8443'), false)
  assert.equal(own('https://A.test', 'http://a.test:8443'), false)
  assert.equal(own('https://a.test', 'https://hooks.a.test'), true)
})

test("A14 a browser that calls a hook on the app's own host gets the treatment of a shared origin", () => {
  const urls = createUrls({ publicUrl: 'https://app.test', hooksUrl: 'https://hooks.test' }, () => 'http://127.0.0.1:1')
  const shared = (headers: Readonly<Record<string, string>>) => urls.originOf(requestTo(headers)).shared
  assert.equal(shared({ host: 'hooks.test' }), false)
  assert.equal(shared({ host: 'hooks.test', origin: 'https://x.test', 'sec-fetch-dest': 'document' }), false)
  assert.equal(shared({ host: 'app.test', origin: 'https://x.test' }), true)
  assert.equal(shared({ host: 'app.test', 'sec-fetch-dest': 'document' }), true)
  assert.equal(shared({ host: 'app.test' }), false)
  assert.deepEqual(
    [urls.isForHooksOnly('hooks.test'), urls.isForHooksOnly('app.test'), urls.isForHooksOnly(undefined)],
    [true, false, false],
  )
})

test('wildcard addresses are shown as the loopback', () => {
  assert.equal(boundUrl('0.0.0.0', 80), 'http://127.0.0.1:80')
  assert.equal(boundUrl('::', 80), 'http://[::1]:80')
  assert.equal(boundUrl('localhost', 4400), 'http://localhost:4400')
})
