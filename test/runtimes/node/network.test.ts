/** What functions in JavaScript reach on the network: the same as those in Python, through the same broker. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEgress } from '../../../src/workers/egress/egress.ts'
import { makeJob, openPool, quietLog } from '../../helpers/pool.ts'

const runtimesDir = join(import.meta.dirname, '../../../runtimes')

const FETCHES = `import { request } from 'node:http'
const get = (url) => new Promise((done, fail) => {
  request(url, (response) => { response.setEncoding('utf8'); response.on('data', done) }).on('error', fail).end()
})
const codeOf = async (work) => { try { await work; return 'reached' } catch (error) { return (error.cause ?? error).code } }
export default async function workflow({ port, refused }) {
  const found = [await (await fetch(\`http://localhost:\${port}/fetch\`)).text(), await get(\`http://localhost:\${port}/http\`)]
  const codes = [await codeOf(fetch('http://10.0.0.1/')), await codeOf(get('http://169.254.169.254/')), await codeOf(get(\`http://127.0.0.1:\${refused}/\`))]
  return { status_code: 200, body: JSON.stringify([...found, ...codes]) }
}`

test('fetch and node:http reach an allowed server, and nothing else of the host', async (t) => {
  const server = createServer((request, response) => response.end(`found ${request.url}`)).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const egress = await createEgress({ allow: [{ host: 'localhost', port }], runtimesDir, log: quietLog })
  t.after(() => egress.close())
  const pool = await openPool({ egress, spares: false })
  t.after(() => pool.close())
  for (const isolation of ['fresh', 'reuse'] as const) {
    const body = JSON.stringify({ port, refused: 9 })
    const outcome = await pool.execute(makeJob({ source: FETCHES, runtime: 'node24', isolation, body }))
    const expected = ['found /fetch', 'found /http', 'EACCES', 'EACCES', 'ECONNREFUSED']
    assert.deepEqual(JSON.parse(outcome.response?.body ?? 'null'), expected, outcome.traceback ?? '')
    assert.ok(outcome.warnings.some(({ code, message }) => code === 'egress_blocked' && message.includes('10.0.0.1')))
  }
  const uncaught = `export default () => fetch('http://10.0.0.1/')`
  const { code, message } = await pool.execute(makeJob({ source: uncaught, runtime: 'node24' }))
  assert.equal(code, 'exception')
  assert.match(message ?? '', /10\.0\.0\.1/)
})

test('calls of fetch and node:http are written down, and carry the trace where the workflow propagates it', async (t) => {
  const server = createServer((request, response) => response.end(`${request.headers.traceparent}`)).listen(
    0,
    '127.0.0.1',
  )
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const egress = await createEgress({ allow: [{ host: 'localhost', port }], runtimesDir, log: quietLog })
  t.after(() => egress.close())
  const pool = await openPool({ egress, spares: false })
  t.after(() => pool.close())
  const source = `import { request } from 'node:http'
const get = (url) => new Promise((done, fail) => {
  request(url, (response) => { response.setEncoding('utf8'); response.on('data', done) }).on('error', fail).end()
})
export default async function workflow({ port }) {
  const found = [await (await fetch(\`http://localhost:\${port}/fetch?secret=1\`, { method: 'POST', body: 'abc' })).text(), await get(\`http://localhost:\${port}/http?q=1\`)]
  await get('http://10.0.0.1/').catch(() => {})
  return { status_code: 200, body: JSON.stringify(found) }
}`
  const trace = 'a'.repeat(32)
  for (const isolation of ['fresh', 'reuse', 'reuse'] as const) {
    const calls = { traceId: trace, propagate: true, record: true, answers: [] }
    const outcome = await pool.execute(
      makeJob({ source, runtime: 'node24', isolation, body: JSON.stringify({ port }), calls }),
    )
    const told = (outcome.calls ?? []).map(({ method, scheme, host, path, status, error, requestBytes }) => [
      ...[method, scheme, host, path, status, error, requestBytes],
    ])
    assert.deepEqual(told, [
      ['POST', 'http', 'localhost', '/fetch', 200, null, 3],
      ['GET', 'http', 'localhost', '/http', 200, null, null],
      ['GET', 'http', '10.0.0.1', '/', null, 'EACCES', null],
    ])
    const ids = (outcome.calls ?? []).slice(0, 2).map(({ id }) => `00-${trace}-${id}-01`)
    assert.deepEqual(JSON.parse(outcome.response?.body ?? '[]'), ids)
  }
  const trial = await pool.execute(
    makeJob({ source, runtime: 'node24', outbound: 'blocked', body: JSON.stringify({ port }) }),
  )
  assert.equal(trial.code, 'exception')
  assert.deepEqual(
    (trial.calls ?? []).map(({ path, isRefused }) => [path, isRefused]),
    [['/fetch', true]],
  )
})
