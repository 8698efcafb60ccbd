import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { boundUrl, createUrls, hooksHaveOwnOrigin, sharedHostNote } from '../../../src/http/wire/urls.ts'

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
  assert.deepEqual(
    [urls.isForHooksOnly('hooks.test'), urls.isForHooksOnly('app.test'), urls.isForHooksOnly(undefined)],
    [true, false, false],
  )
})

test("Z3-49 another spelling of the app's host is the app's host, because browsers send it the same cookies", () => {
  const same = [
    ['https://app.test', 'https://app.test.'],
    ['https://app.test', 'https://APP.test:443'],
    ['https://app.test.', 'http://app.test:80'],
    ['https://bücher.test', 'https://xn--bcher-kva.TEST.'],
    ['http://127.0.0.1:4400', 'http://0x7f.1:4401'],
    ['http://127.0.0.1:4400', 'http://2130706433.:4401'],
    ['http://[::1]:4400', 'http://[0:0::1]:4401'],
  ] as const
  for (const [publicUrl, hooksUrl] of same) {
    assert.equal(hooksHaveOwnOrigin({ publicUrl, hooksUrl }), false, `${hooksUrl} shares the host of ${publicUrl}`)
    assert.equal(createUrls({ publicUrl, hooksUrl }, () => '').originOf(requestTo({})).shared, true)
  }
  assert.match(
    sharedHostNote({ publicUrl: 'https://app.test', hooksUrl: 'https://app.test.:8443' }) ?? '',
    /on the host of/,
  )
})

test('Z3-49 hooks have no origin of their own while the host of the app is unknown', () => {
  const options = { publicUrl: null, hooksUrl: 'http://localhost:4400' }
  assert.equal(hooksHaveOwnOrigin(options), false)
  assert.equal(
    createUrls(options, () => 'http://127.0.0.1:4400').originOf(requestTo({ host: 'localhost:4400' })).shared,
    true,
  )
  assert.match(sharedHostNote(options) ?? '', /without WORKFLOWS_PUBLIC_URL/)
})

test('Z3-49 Host headers are compared as browsers do, and a link over plain HTTP is one of a browser', () => {
  const urls = createUrls({ publicUrl: 'http://app.test', hooksUrl: 'http://hooks.test' }, () => '')
  for (const host of ['app.test', 'APP.test', 'app.test.', 'app.test:80', 'app.test:8080']) {
    assert.equal(urls.originOf(requestTo({ host })).shared, true, host)
    assert.equal(urls.isForHooksOnly(host), false, host)
  }
  for (const host of ['hooks.test', 'HOOKS.test', 'hooks.test.', 'hooks.test:80']) {
    assert.equal(urls.originOf(requestTo({ host, 'sec-fetch-dest': 'document' })).shared, false, host)
    assert.equal(urls.isForHooksOnly(host), true, host)
  }
  assert.equal(urls.originOf(requestTo({ host: '10.0.0.5', 'sec-fetch-dest': 'document' })).shared, true)
})

test('wildcard addresses are shown as the loopback', () => {
  assert.equal(boundUrl('0.0.0.0', 80), 'http://127.0.0.1:80')
  assert.equal(boundUrl('::', 80), 'http://[::1]:80')
  assert.equal(boundUrl('localhost', 4400), 'http://localhost:4400')
})
