/** Webhook channels with `anchors` get the heads of the chains of decisions (contract, section 21). */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

type Anchors = {
  type: string
  anchors: { workflow_id: string; number: number; sha256: string }[]
  [field: string]: unknown
}
type Received = { headers: IncomingHttpHeaders; body: string; message: Anchors; isRefused: boolean }
type Channel = { id: string; config: Record<string, unknown> }

const KEY = Buffer.from('0123456789abcdef')
const secret = `whsec_${KEY.toString('base64')}`
const SOURCE = `from workflows import decide
def workflow(request, settings):
    decide(request["email"], "invite", reasons=["5 years"])
`

const received: Received[] = []
let refusals = 1
let receiver: Server
let url: string
let server: TestServer
let env: Record<string, string>

before(async () => {
  receiver = createServer(async (request, response) => {
    const body = (await buffer(request)).toString('utf8')
    const isRefused = refusals > 0
    refusals -= 1
    received.push({ headers: request.headers, body, message: JSON.parse(body), isRefused })
    response.writeHead(isRefused ? 503 : 204).end()
  })
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const { port } = receiver.address() as AddressInfo
  url = `http://127.0.0.1:${port}/anchors`
  env = { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${port}` }
  server = await startServer({ env })
})
after(async () => {
  await server.close()
  receiver.closeAllConnections()
  receiver.close()
})

const create = (type: string, config: object) =>
  server.api<Channel>('POST', '/api/channels', { name: `${type} ${JSON.stringify(config).length}`, type, config })

test('webhook channels ask for anchors, and other channels and values are refused', async () => {
  const quiet = await must(create('webhook', { url, secret }), 201)
  assert.deepEqual(quiet.config, { url, secret: null, anchors: false })
  const path = `/api/channels/${quiet.id}`
  const on = { config: { url, secret: null, anchors: true } }
  assert.equal((await must(server.api<Channel>('PATCH', path, on), 200)).config['anchors'], true)
  const off = { config: { url, secret: null } }
  assert.equal((await must(server.api<Channel>('PATCH', path, off), 200)).config['anchors'], false)
  for (const [type, config, detail] of [
    ['slack', { url, anchors: true }, /unknown field "anchors" for a channel of type slack/],
    ['email', { to: ['a@example.com'], anchors: true }, /unknown field "anchors"/],
    ['webhook', { url, secret, anchors: 'yes' }, /config\.anchors: expected true or false/],
    ['webhook', { url, secret, anchors: null }, /config\.anchors/],
  ] as const) {
    const refused = await create(type, config)
    assert.equal(refused.status, 400)
    assert.match(String((refused.body as unknown as { detail: string }).detail), detail)
  }
})

test('heads are sent once to a channel that asks, signed, and again with the same id if it fails', async () => {
  const asking = await must(create('webhook', { url, secret, anchors: true }), 201)
  const workflow = await createCatch(server, { source: SOURCE })
  for (const email of ['ana@example.com', 'bob@example.com'])
    assert.equal((await callHook(workflow, { email })).status, 200)
  // The server looks when it starts.
  await server.stop()
  server = await startServer({ dataDir: server.dataDir, env: { ...env, WORKFLOWS_API_KEY: server.apiKey } })
  const [refused, taken] = await until(async () => received.length >= 2 && received)
  assert.ok(refused && taken)
  assert.deepEqual([refused.isRefused, taken.isRefused, refused.body], [true, false, taken.body])
  assert.equal(refused.headers['webhook-id'], taken.headers['webhook-id'])
  const signed = `${taken.headers['webhook-id']}.${taken.headers['webhook-timestamp']}.${taken.body}`
  const signature = createHmac('sha256', KEY).update(signed).digest('base64')
  assert.equal(taken.headers['webhook-signature'], `v1,${signature}`)

  const { data } = await must(server.api<{ data: { number: number; sha256: string }[] }>('GET', '/api/decisions'), 200)
  const head = data.find(({ number }) => number === 2)
  const { at, ...message } = taken.message
  assert.ok(Date.parse(String(at)) <= Date.now())
  assert.deepEqual(message, {
    type: 'decisions.anchors',
    workflow: null,
    run: null,
    anchors: [{ workflow_id: workflow.id, number: 2, sha256: head?.sha256 }],
    failures: 0,
    held_back: 0,
  })
  const audit = await must(server.api<{ data: { action: string; detail: string }[] }>('GET', '/api/audit'), 200)
  const lines = audit.data.filter(({ action }) => action === 'decisions.anchor').map(({ detail }) => detail)
  assert.deepEqual(lines, [`2 ${head?.sha256}`])
  const alerts = await until(async () => {
    const list = await must(
      server.api<{ data: { channel_id: string; type: string; status: string }[] }>('GET', '/api/alerts'),
      200,
    )
    return list.data.every(({ status }) => status === 'sent') && list.data
  })
  assert.deepEqual(
    alerts.map(({ channel_id, type }) => [channel_id, type]),
    [[asking.id, 'anchors']],
  )
  assert.equal(received.length, 2)
})
