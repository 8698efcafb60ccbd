/** Contract, section 6: one sample request for each workflow. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { createCatch, createPull, must, type RunBody, type WorkflowBody } from '../../../helpers/workflows.ts'

const READS = `
def workflow(_request, settings):
    cv = _request["resume"]
    return {"status_code": 201, "body": _request["email"] + " " + cv.content.decode()}
`
type Sample = {
  method: string
  headers: [string, string][]
  query: Record<string, unknown>
  body: string
  body_encoding: string
  source: string
}

const server = await shareServer()
after(() => server.close())

const pathOf = ({ id }: WorkflowBody) => `/api/workflows/${id}/sample-request`
const get = (workflow: WorkflowBody) => must(server.api<Sample>('GET', pathOf(workflow)), 200)
const put = (workflow: WorkflowBody, body: unknown) => server.api<Sample>('PUT', pathOf(workflow), body)

test('the sample made from the code is a request on which the code succeeds', async () => {
  const workflow = await createCatch(server, { source: READS })
  const { method, headers, query, body, body_encoding, source } = await get(workflow)
  assert.deepEqual([method, query, body_encoding, source], ['POST', {}, 'utf8', 'code'])
  const request = { headers, query, body, body_encoding }
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { request }), 200)
  assert.equal(run.status, 'succeeded', run.message ?? '')
  assert.equal((run.response as { body: string }).body, 'ada@example.com Ada Lovelace, engineer')
})

test('a sample is proposed for code that is not saved', async () => {
  const workflow = await createCatch(server, { source: READS })
  const source = 'def workflow(_request, settings):\n    return _request["file_url"]\n'
  const preview = () => must(server.api<Sample>('POST', `${pathOf(workflow)}/preview`, { source }), 200)
  assert.deepEqual(JSON.parse((await preview()).body), { file_url: 'https://example.com/resume.pdf' })
  assert.equal((await preview()).source, 'code')
  await must(put(workflow, { body: { a: 1 } }), 200)
  assert.equal((await preview()).source, 'person')
})

test('a stored sample is read back, byte for byte, until it is reset to the code', async () => {
  const workflow = await createCatch(server, { source: READS })
  const text = '{"headers":{"X-A":"1"},"query":"a=1&a=2","body":{"id": 9223372036854775808, "x" : 1.0},"source":"run"}'
  await must(put(workflow, text), 200)
  assert.deepEqual(await get(workflow), {
    method: 'POST',
    headers: [
      ['X-A', '1'],
      ['Content-Type', 'application/json'],
    ],
    query: { a: ['1', '2'] },
    body: '{"id": 9223372036854775808, "x" : 1.0}',
    body_encoding: 'utf8',
    source: 'run',
  })
  await must(put(workflow, { source: 'code' }), 200)
  assert.equal((await get(workflow)).source, 'code')
})

test('a sample without a source is a person’s, and what no hook would take is refused', async () => {
  const workflow = await createCatch(server, { source: READS })
  assert.equal((await must(put(workflow, { body: { a: 1 } }), 200)).source, 'person')
  await must(put(workflow, { body: 'x', headers: { 'Content-Type': 'text/plain' } }), 415)
  await must(put(workflow, { body: '{', headers: { 'Content-Type': 'application/json' } }), 400)
  await must(put(workflow, { body: {}, source: 'nobody' }), 400)
  await must(put(workflow, { body: {}, unknown: 1 }), 400)
})

test('the signed sample call sends the sample request', async () => {
  const sender_check = { scheme: 'github', secret: 'It is a secret to everybody' }
  const workflow = await createCatch(server, { source: READS, sender_check })
  await must(put(workflow, { body: '{"action": "opened"}' }), 200)
  const call = await must(server.api<{ body: string }>('POST', `/api/workflows/${workflow.id}/sample-call`, {}), 200)
  assert.equal(call.body, '{"action": "opened"}')
})

test('the sample of a hook that takes only GET has its fields in the query, and its signed call is a GET', async () => {
  const workflow = await createCatch(server, {
    source: 'def workflow(_request, settings):\n    return {"status_code": 200, "body": _request["email"]}\n',
    methods: ['GET'],
    sender_check: { scheme: 'github', secret: 'It is a secret to everybody' },
  })
  const { method, query, body } = await get(workflow)
  assert.deepEqual([method, query, body], ['GET', { email: 'ada@example.com' }, ''])
  type Call = { method: string; url: string; headers: [string, string][]; body: string }
  const call = await must(server.api<Call>('POST', `/api/workflows/${workflow.id}/sample-call`, {}), 200)
  assert.deepEqual([call.method, call.body], ['GET', ''])
  const response = await fetch(call.url, { headers: call.headers })
  assert.deepEqual([response.status, await response.text()], [200, 'ada@example.com'])
})

test('a pull workflow has no sample request', async () => {
  const workflow = await createPull(server, { source: 'def workflow(settings):\n    pass\n' })
  await must(server.api('GET', pathOf(workflow)), 409)
  await must(put(workflow, { body: {} }), 409)
})

test('with the preset of a sender, the sample is its event where the code can work on it', async () => {
  const check = { sender_check: { scheme: 'github', secret: 'a secret of github' } }
  const reads = (code: string) =>
    `def workflow(_request, settings):\n    return {"status_code": 200, "body": ${code}}\n`
  const pushes = await createCatch(server, { source: reads('_request["repository"]["full_name"]'), ...check })
  const sample = await get(pushes)
  assert.deepEqual([sample.source, sample.headers[1]], ['sender', ['X-GitHub-Event', 'push']])
  const { headers, body } = sample
  const run = await must(
    server.api<RunBody>('POST', `/api/workflows/${pushes.id}/runs`, { request: { headers, body } }),
    200,
  )
  assert.equal((run.response as { body: string }).body, 'ada/engine')
  const signed = await must(server.api<{ body: string }>('POST', `/api/workflows/${pushes.id}/sample-call`, {}), 200)
  assert.equal(JSON.parse(signed.body).ref, 'refs/heads/main')
  // What the event does not have is made up as before.
  const other = await createCatch(server, { source: reads('_request["file_url"]'), ...check })
  assert.deepEqual(
    [(await get(other)).source, JSON.parse((await get(other)).body)],
    ['code', { file_url: 'https://example.com/resume.pdf' }],
  )
})

test('Z3-11 a sample request has at most 1 MiB, and a larger one is refused with the limit', async () => {
  const workflow = await createCatch(server, { source: READS })
  const type = 'application/x-www-form-urlencoded'
  const sample = (bytes: number) => ({ headers: { 'Content-Type': type }, body: `a=${'x'.repeat(bytes - 2)}` })
  await must(put(workflow, sample(1024 * 1024)), 200)
  const refused = await put(workflow, sample(1024 * 1024 + 1))
  assert.equal(refused.status, 413)
  assert.match(refused.text, /body: expected at most 1048576 bytes in a sample request, found 1048577/)
  assert.equal((await get(workflow)).body.length, 1024 * 1024)
})
