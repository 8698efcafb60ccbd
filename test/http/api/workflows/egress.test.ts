/** The field `egress`: what it takes, and that it holds for the next run. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { createCatch, type WorkflowBody } from '../../../helpers/workflows.ts'

type WithEgress = WorkflowBody & { readonly egress: unknown }
type Run = {
  readonly status: string
  readonly message: string | null
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

const target = createServer((_, response) => response.end('found'))
let port = 0
let server: TestServer
let workflow: WorkflowBody
before(async () => {
  await once(target.listen(0, '127.0.0.1'), 'listening')
  const address = target.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${port}` } })
  workflow = await createCatch(server, {
    source: `import urllib.request\ndef workflow(r, s):\n    urllib.request.urlopen('http://127.0.0.1:${port}').read()\n`,
  })
})
after(async () => {
  await server.close()
  target.close()
})

const patch = (egress: unknown) => server.api<WithEgress>('PATCH', `/api/workflows/${workflow.id}`, { egress })
const run = async () => (await server.api<Run>('POST', `/api/workflows/${workflow.id}/runs`, {})).body

test('Y17 the rule of a workflow holds for its next run, which says what was refused', async () => {
  const before = await server.api<WithEgress>('GET', `/api/workflows/${workflow.id}`)
  assert.deepEqual(before.body.egress, { mode: 'internet', hosts: [] })
  assert.equal((await run()).status, 'succeeded')
  for (const [egress, reason] of [
    [{ mode: 'none' }, /is refused, because this workflow's egress is none/],
    [{ mode: 'list', hosts: ['api.hrflow.ai:443'] }, /is not in the list of hosts/],
  ] as const) {
    assert.equal((await patch(egress)).status, 200)
    const { status, message, warnings } = await run()
    assert.equal(status, 'failed')
    assert.match(message ?? '', reason)
    assert.match(message ?? '', new RegExp(`127\\.0\\.0\\.1:${port}`))
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['egress_blocked'],
    )
    assert.match(warnings[0]?.message ?? '', reason)
  }
  assert.match((await server.api('GET', '/metrics')).text, /^workflows_egress_refusals_total 2$/m)
  const listed = { mode: 'list', hosts: [`127.0.0.1:${port}`, '*.example.com:443'] }
  assert.deepEqual((await patch(listed)).body.egress, listed)
  assert.equal((await run()).status, 'succeeded')
})

test('Y17 hosts are names or addresses with a port', async () => {
  for (const host of ['api.hrflow.ai:443', '*.example.com:443', '192.0.2.7:80', '[2001:db8::1]:443', 'localhost:5432'])
    assert.equal((await patch({ mode: 'list', hosts: [host] })).status, 200, host)
  for (const host of [
    'api.hrflow.ai',
    'api.hrflow.ai:0',
    'api.hrflow.ai:65536',
    '*:443',
    'a.*.com:443',
    '1.2.3:80',
    '2001:db8::1:443',
    '[127.0.0.1]:80',
    'http://a.com:80',
    'a b:80',
    ':80',
  ]) {
    const { status, body } = await server.api('PATCH', `/api/workflows/${workflow.id}`, {
      egress: { mode: 'list', hosts: [host] },
    })
    assert.deepEqual([status, body.code], [400, 'bad_request'], host)
  }
  for (const egress of [
    { mode: 'all' },
    {},
    null,
    { mode: 'list', hosts: Array(101).fill('a.com:1') },
    { mode: 'none', x: 1 },
  ])
    assert.equal((await patch(egress)).status, 400)
})
