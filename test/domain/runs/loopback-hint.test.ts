import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loopbackHint } from '../../../src/domain/runs/loopback-hint.ts'

test('a refused connection to loopback says that it is the sandbox, and how to reach the computer', () => {
  const hint =
    /is the sandbox itself\. To reach port 5410 of this computer, .*WORKFLOWS_EGRESS_ALLOW=127\.0\.0\.1:5410\.$/
  for (const failure of [
    "ConnectionError: HTTPConnectionPool(host='127.0.0.1', port=5410): Max retries exceeded: [Errno 111] Connection refused",
    "HTTPConnectionPool(host='localhost', port=5410): Connection refused",
    'TypeError: fetch failed\n  [cause]: Error: connect ECONNREFUSED 127.0.0.1:5410',
  ])
    assert.match(loopbackHint(failure) ?? '', hint, failure)
})

test('other failures get no hint about loopback', () => {
  for (const failure of [
    '[Errno 111] Connection refused',
    "HTTPConnectionPool(host='10.0.0.5', port=80): Connection refused",
    'could not parse 127.0.0.1:5410',
  ])
    assert.equal(loopbackHint(failure), null, failure)
})
