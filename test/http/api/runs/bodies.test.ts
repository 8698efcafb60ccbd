/** Large bodies are read by themselves, byte for byte; a run can be read without them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type SharedServer, shareServer } from '../../../helpers/shared-servers.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  runOf,
  type WorkflowBody,
} from '../../../helpers/workflows.ts'

const ECHO = `def workflow(_request, settings):
    return {"status_code": 200, "body": "ä" * len(_request.body)}
`
type Body = { body: string | null; body_bytes: number; body_encoding?: string }

let server: SharedServer
let echo: WorkflowBody
before(async () => {
  server = await shareServer()
  echo = await createCatch(server, { source: ECHO })
})
after(() => server.close())

const bytesOf = async (path: string) => {
  const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${server.apiKey}` } })
  return { response, bytes: Buffer.from(await response.arrayBuffer()) }
}
const bodies = async (id: string, query = '') => {
  const run = await must(server.api<RunBody>('GET', `/api/runs/${id}${query}`), 200)
  return [run.request as Body, run.response as Body] as const
}

test('bodies over the asked size are left out, with their size', async () => {
  const sent = JSON.stringify('x'.repeat(998))
  const run = await runOf(
    server,
    await callHook(echo, null, { body: sent, headers: { 'content-type': 'application/json' } }),
  )
  for (const [query, isThere] of [
    ['', [true, true]],
    ['?max_body_bytes=2000', [true, true]],
    ['?max_body_bytes=1999', [true, false]],
    ['?max_body_bytes=999', [false, false]],
  ] as const) {
    const [request, response] = await bodies(run.id, query)
    assert.deepEqual([request.body !== null, response.body !== null], isThere, query)
    const sizes = query === '' ? [undefined, undefined] : [1000, 2000]
    assert.deepEqual([request.body_bytes, response.body_bytes], sizes, query)
  }
  await must(server.api('GET', `/api/runs/${run.id}?max_body_bytes=-1`), 400)
})

test('a body is sent byte for byte, and never as a page of our origin', async () => {
  const pdf = Buffer.from([0x25, 0x50, 0x44, 0x46, 0xff, 0x00, 0x80])
  const form = new FormData()
  form.append('cv', new File([pdf], 'cv.pdf', { type: 'text/html' }))
  const run = await runOf(server, await callHook(echo, null, { body: form }))
  const { response, bytes } = await bytesOf(`/api/runs/${run.id}/request-body`)
  assert.ok(bytes.includes(pdf))
  assert.equal(response.headers.get('content-type'), 'application/octet-stream')
  assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="run_/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const answer = await bytesOf(`/api/runs/${run.id}/response-body`)
  assert.equal(answer.bytes.toString(), 'ä'.repeat(bytes.length))
})

test('a run without a request or an answer has no bodies', async () => {
  const source = 'def workflow(settings):\n    pass\n'
  const pull = await createPull(server, { source, schedule: { cron: '0 0 1 1 *', timezone: 'UTC' } })
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${pull.id}/runs`, {}), 200)
  for (const part of ['request-body', 'response-body']) {
    await must(server.api('GET', `/api/runs/${run.id}/${part}`), 404)
  }
})
