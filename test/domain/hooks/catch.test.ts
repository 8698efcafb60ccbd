import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanResponse } from '../../../src/domain/hooks/catch.ts'
import type { HeaderPairs } from '../../../src/domain/shared/headers.ts'

const clean = (headers: HeaderPairs, ownOrigin = false) => {
  const { response, warnings } = cleanResponse({ status: 200, headers, body: 'x' }, { ownOrigin })
  return { names: response.headers.map(([name]) => name), dropped: warnings.map(({ key }) => key) }
}

for (const name of [
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'Upgrade',
  'TE',
  'Date',
  'Workflow-Run',
]) {
  test(`R19 R20 R22 ${name} set by the function is dropped with a warning`, () => {
    assert.deepEqual(
      clean([
        [name, '1'],
        ['X-Mine', '2'],
      ]),
      { names: ['X-Mine'], dropped: [name] },
    )
  })
}

test('R23 Set-Cookie is dropped on a shared origin and kept on one of its own', () => {
  assert.deepEqual(clean([['Set-Cookie', 'a=1']]), { names: [], dropped: ['Set-Cookie'] })
  assert.deepEqual(
    clean(
      [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
      true,
    ),
    { names: ['Set-Cookie', 'Set-Cookie'], dropped: [] },
  )
})

test('R25 of names that differ in case the last one stays', () => {
  assert.deepEqual(
    clean([
      ['X-A', '1'],
      ['x-a', '2'],
    ]),
    { names: ['x-a'], dropped: ['X-A'] },
  )
})

for (const status of [204, 205, 304]) {
  test(`R09 a ${status} loses its body with a warning`, () => {
    const { response, warnings } = cleanResponse({ status, headers: [], body: 'x' }, { ownOrigin: false })
    assert.equal(response.body, '')
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['body_dropped'],
    )
  })
}

test('Y14 commands to a reverse proxy are dropped on every origin', () => {
  for (const name of ['X-Accel-Redirect', 'X-Accel-Buffering', 'X-Sendfile', 'X-Lighttpd-Send-File', 'X-Reproxy-URL']) {
    for (const ownOrigin of [false, true]) {
      assert.deepEqual(clean([[name, '/etc/passwd']], ownOrigin), { names: [], dropped: [name] }, name)
    }
  }
})

test('Y14 on a shared origin only headers that affect just the response are sent', () => {
  const reaching = [
    'NEL',
    'Report-To',
    'Reporting-Endpoints',
    'WWW-Authenticate',
    'Accept-CH',
    'Origin-Agent-Cluster',
    'Service-Worker-Allowed',
    'Sec-Session-Registration',
    'Set-Login',
    'Use-As-Dictionary',
    'Public-Key-Pins',
    'Content-Security-Policy-Report-Only',
    'Refresh',
  ]
  for (const name of reaching) {
    assert.deepEqual(clean([[name, '1']]), { names: [], dropped: [name] }, name)
    assert.deepEqual(clean([[name, '1']], true), { names: [name], dropped: [] }, name)
  }
  const kept = ['Content-Type', 'Cache-Control', 'ETag', 'Location', 'Retry-After', 'Vary', 'Link', 'X-Mine']
  for (const name of [...kept, 'Content-Disposition', 'Access-Control-Allow-Origin', 'Last-Modified']) {
    assert.deepEqual(clean([[name, '1']]), { names: [name], dropped: [] }, name)
  }
})

test('Y07 a cookie of a function loses its Domain, which would reach sibling hosts', () => {
  const cookies = ['a=1; Domain=example.com; Path=/; Secure', 'b=2;domain = .example.com', 'c="x; domain"; HttpOnly']
  const headers = cookies.map((cookie) => ['Set-Cookie', cookie] as const)
  const { response, warnings } = cleanResponse({ status: 200, headers, body: '' }, { ownOrigin: true })
  assert.deepEqual(
    response.headers.map(([, value]) => value),
    ['a=1; Path=/; Secure', 'b=2', 'c="x; domain"; HttpOnly'],
  )
  assert.deepEqual(
    warnings.map(({ code, key }) => [code, key]),
    [
      ['cookie_domain_dropped', 'Set-Cookie'],
      ['cookie_domain_dropped', 'Set-Cookie'],
    ],
  )
})
