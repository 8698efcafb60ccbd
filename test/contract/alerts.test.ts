/** Contract, section 11: channels, rules, and what is sent when a workflow fails and works again. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { sendZip, zip } from '../helpers/archives.ts'
import { callAs, keyWith } from '../helpers/planted-secrets.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const SECRET = `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`
const FAILS = `
def workflow(_request, settings):
    if _request.get("fail"): raise ValueError("no " + settings.get("TOKEN", "token"))
    return {"status_code": 200, "body": "ok"}
`
type Message = {
  type: string
  at: string
  workflow: { id: string; name: string; kind: string } | null
  run: { id: string; code: string | null; message: string | null; url: string } | null
  failures: number
  held_back: number
}
type Received = { headers: IncomingMessage['headers']; body: string; message: Message }
type Channel = { id: string; name: string; type: string; config: Record<string, unknown>; created_at: string }
type Sent = {
  id: string
  workflow_id: string | null
  channel_id: string
  type: string
  status: string
  attempts: number
  detail: string
}

const received: Received[] = []
const mails: string[] = []
let refusals = 0
let receiver: Server
let smtp: SMTPServer
let url: string
let server: TestServer

before(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      if (refusals > 0) {
        refusals -= 1
        response.writeHead(503).end('busy')
        return
      }
      received.push({ headers: request.headers, body, message: JSON.parse(body) })
      response.writeHead(204).end()
    })
  })
  const port = await listen(receiver)
  url = `http://127.0.0.1:${port}/alerts?key=in-the-url`
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      let mail = ''
      stream.on('data', (chunk) => (mail += chunk))
      stream.on('end', () => {
        // Without the soft line breaks, which may be anywhere in a text.
        mails.push(mail.replace(/=\r?\n/g, ''))
        done()
      })
    },
  })
  const mailPort = await new Promise<number>((resolve) => {
    const listening = smtp.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port))
  })
  server = await startServer({
    env: {
      WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${port}`,
      WORKFLOWS_SMTP_URL: `smtp://127.0.0.1:${mailPort}?from=alerts@example.com`,
    },
  })
})
after(async () => {
  await server.close()
  receiver.closeAllConnections()
  receiver.close()
  await new Promise<void>((done) => smtp.close(() => done()))
})

async function listen(on: Server): Promise<number> {
  await new Promise<void>((done) => on.listen(0, '127.0.0.1', done))
  return (on.address() as AddressInfo).port
}

const createChannel = (body: unknown) => server.api<Channel>('POST', '/api/channels', body)
const webhook = async (name: string): Promise<Channel> =>
  await must(createChannel({ name, type: 'webhook', config: { url, secret: SECRET } }), 201)
const messagesOf = ({ id }: WorkflowBody): Message[] =>
  received.map(({ message }) => message).filter(({ workflow }) => workflow?.id === id)
const alertsOf = async ({ id }: WorkflowBody): Promise<Sent[]> =>
  (await must(server.api<{ data: Sent[] }>('GET', `/api/alerts?workflow_id=${id}`), 200)).data

test('a channel is made, read, changed and deleted, and its secrets are never shown', async () => {
  const made = await webhook('ops')
  assert.deepEqual([made.name, made.type, made.config], ['ops', 'webhook', { url, secret: null, anchors: false }])
  const slack = { name: 's', type: 'slack', config: { url: 'https://hooks.slack.com/services/T0/B0/secret' } }
  const { id, config } = await must(createChannel(slack), 201)
  assert.deepEqual(config, { url: 'https://hooks.slack.com/***' })
  const path = `/api/channels/${id}`
  assert.equal((await must(server.api<Channel>('PATCH', path, { name: 'renamed' }), 200)).name, 'renamed')
  assert.equal((await must(server.api<Channel>('GET', path), 200)).name, 'renamed')
  const list = await must(server.api('GET', '/api/channels'), 200)
  assert.doesNotMatch(JSON.stringify(list), /secret"?:"|whsec|services/)
  await must(server.api('DELETE', path), 204)
  await must(server.api('GET', path), 404)
})

test('only an owner sees the whole URL of a webhook, which may contain a token', async () => {
  const config = { url: `${url}?token=hidden`, secret: SECRET }
  const { id } = await must(createChannel({ name: 'with a token', type: 'webhook', config }), 201)
  const [owner, reader] = [await keyWith(server, ['admin', 'read']), await keyWith(server, ['read', 'write'])]
  for (const path of ['/api/channels', `/api/channels/${id}`]) {
    assert.match(JSON.stringify(await callAs(server, owner, 'GET', path)), /hidden/)
    const text = JSON.stringify(await callAs(server, reader, 'GET', path))
    assert.doesNotMatch(text, /hidden/)
    assert.ok(text.includes(`${new URL(url).origin}/***`), text)
  }
  await must(server.api('DELETE', `/api/channels/${id}`), 204)
})

test('a webhook keeps its secret when it changes without one', async () => {
  const { id } = await webhook('moved')
  const path = `/api/channels/${id}`
  await must(server.api('PATCH', path, { config: { url: `${url}&moved`, secret: null } }), 200)
  await must(server.api('POST', `${path}/test`, {}), 200)
  const { headers, body } = received.at(-1) ?? assert.fail()
  const [sent, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']]
  const expected = createHmac('sha256', '0123456789abcdef').update(`${sent}.${timestamp}.${body}`).digest('base64')
  assert.equal(headers['webhook-signature'], `v1,${expected}`)
  const { data } = await must(server.api<{ data: Sent[] }>('GET', '/api/alerts'), 200)
  const listed = data.find(({ channel_id }) => channel_id === id)
  assert.deepEqual([listed?.type, listed?.status, listed?.attempts, listed?.workflow_id], ['test', 'sent', 1, null])
})

test('a channel shows an example of each message', async () => {
  type Preview = { type: string; subject: string | null; body: string }
  const previews = async (id: string) =>
    (await must(server.api<{ data: Preview[] }>('GET', `/api/channels/${id}/previews`), 200)).data
  const mail = { name: 'm', type: 'email', config: { to: ['ops@example.com'], language: 'fr' } }
  const texts = await previews((await must(createChannel(mail), 201)).id)
  assert.deepEqual(
    texts.map(({ type }) => type),
    ['failing', 'recovered', 'missed_tick', 'dead_letter', 'canary_aborted', 'settings_conflict', 'connection_lost'],
  )
  assert.equal(texts[0]?.subject, 'CV intake est en échec')
  assert.match(texts[0]?.body ?? '', /3 exécutions échouées/)
  const [json] = await previews((await webhook('json')).id)
  assert.deepEqual([json?.subject, JSON.parse(json?.body ?? '').type], [null, 'workflow.failing'])
})

test('a person silences a workflow until a time or until it succeeds, and the first page shows who', async () => {
  const { id: channel } = await webhook('silent')
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  const path = `/api/workflows/${workflow.id}/silence`
  assert.equal(await must(server.api('GET', path), 200), null)
  const past = await server.api('PUT', path, { until: '2020-01-01T00:00:00Z' })
  assert.equal(past.status, 400, past.text)
  const silence = await must(server.api<{ until: null; by: { name: string } }>('PUT', path, {}), 200)
  assert.equal(silence.until, null)
  await callHook(workflow, { fail: true })
  type Home = { failing: { workflow: { id: string }; silence: { by: { name: string } } | null }[] }
  const { failing } = await must(server.api<Home>('GET', '/api/home'), 200)
  assert.equal(failing.find((one) => one.workflow.id === workflow.id)?.silence?.by.name, silence.by.name)
  await untilLaterAlert(channel)
  assert.deepEqual(messagesOf(workflow), [])
  await callHook(workflow, {})
  assert.equal(await must(server.api('GET', path), 200), null)
  await must(server.api('PUT', path, { until: '2099-01-01T00:00:00Z' }), 200)
  await must(server.api('DELETE', path), 204)
  await callHook(workflow, { fail: true })
  await until(async () => messagesOf(workflow).length === 1)
})

test('a channel with a wrong config is refused with the field', async () => {
  const wrong: readonly (readonly [type: string, config: unknown, detail: RegExp])[] = [
    ['email', { to: ['no address'] }, /config\.to/],
    ['slack', { url: 'ftp://x' }, /config\.url/],
    ['webhook', { url: 'https://example.com' }, /config\.secret/],
    ['workflow', { workflow_id: 'wf_0' }, /config\.workflow_id/],
    ['slack', { url: 'https://example.com', more: 1 }, /more/],
    ['pager', {}, /type/],
  ]
  for (const [type, config, detail] of wrong) {
    const answer = await createChannel({ name: 'x', type, config })
    assert.equal(answer.status, 400, type)
    assert.match(answer.text, detail)
  }
})

test('a failing workflow is announced once, signed, and so is that it works again', async () => {
  const { id: channel } = await webhook('once')
  const alerts = { channels: [channel], on: ['failing', 'recovered'], after: 2 }
  const workflow = await createCatch(server, { source: FAILS, alerts, settings: {} })
  await must(
    server.api('PUT', `/api/workflows/${workflow.id}/settings/TOKEN`, { value: 'swordfish-9', secret: true }),
    200,
  )
  for (let call = 0; call < 4; call += 1) await callHook(workflow, { fail: true })
  await until(async () => messagesOf(workflow).length === 1)
  await callHook(workflow, {})
  await until(async () => messagesOf(workflow).length === 2)
  const [failing, recovered] = messagesOf(workflow)
  assert.deepEqual(
    [failing?.type, failing?.failures, failing?.held_back, failing?.run?.code, failing?.workflow?.kind],
    ['workflow.failing', 2, 0, 'exception', 'catch'],
  )
  assert.match(failing?.run?.message ?? '', /ValueError: no \*\*\*/)
  assert.equal(failing?.run?.url, `${server.url}/runs/${failing?.run?.id}`)
  assert.deepEqual([recovered?.type, recovered?.workflow?.name], ['workflow.recovered', workflow.name])
  const { headers, body } = received.find(({ message }) => message.workflow?.id === workflow.id) ?? assert.fail()
  const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']]
  const expected = createHmac('sha256', '0123456789abcdef').update(`${id}.${timestamp}.${body}`).digest('base64')
  assert.equal(headers['webhook-signature'], `v1,${expected}`)
  // A message arrives before its attempt is stored.
  const sent = await until(async () => {
    const found = await alertsOf(workflow)
    return found.every(({ status }) => status === 'sent') ? found : null
  })
  assert.deepEqual(
    sent.map(({ type, status, attempts }) => [type, status, attempts]),
    [
      ['recovered', 'sent', 1],
      ['failing', 'sent', 1],
    ],
  )
})

/** Resolves when an alert that is written later has come: alerts are sent in their order. */
async function untilLaterAlert(channel: string): Promise<void> {
  const later = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  await callHook(later, { fail: true })
  await until(async () => messagesOf(later).length > 0)
}

test('what comes within five minutes of the same kind is held back and counted', async () => {
  const { id: channel } = await webhook('held back')
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  for (const fail of [true, false, true, false]) await callHook(workflow, { fail })
  await until(async () => messagesOf(workflow).length === 2)
  await untilLaterAlert(channel)
  assert.deepEqual(
    messagesOf(workflow).map(({ type }) => type),
    ['workflow.failing', 'workflow.recovered'],
    'a failure that was held back has no recovery',
  )
})

test('a message that is not taken is tried again', async () => {
  refusals = 1
  const { id: channel } = await webhook('again')
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  await callHook(workflow, { fail: true })
  await until(async () => messagesOf(workflow).length === 1)
  const [alert] = await until(async () => {
    const all = await alertsOf(workflow)
    return all[0]?.status === 'sent' ? all : null
  })
  assert.deepEqual([alert?.status, alert?.attempts], ['sent', 2])
})

test('Z3-45 a deleted channel leaves the rules, and what GET answers can be sent back', async () => {
  const [kept, gone] = [await webhook('kept'), await webhook('gone')]
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [kept.id, gone.id] } })
  const path = `/api/workflows/${workflow.id}`
  const rule = { channels: [gone.id], on: ['failing'], after: 1 }
  await must(server.api('PUT', '/api/system/alerts', rule), 200)
  await must(server.api('DELETE', `/api/channels/${gone.id}`), 204)
  const { alerts } = await must(server.api<{ alerts: { channels: string[] } }>('GET', path), 200)
  assert.deepEqual(alerts.channels, [kept.id])
  await must(server.api('PATCH', path, { alerts }), 200)
  const preset = await must(server.api('GET', '/api/system/alerts'), 200)
  assert.deepEqual(preset, { ...rule, channels: [] })
  await must(server.api('PUT', '/api/system/alerts', preset), 200)
  await must(server.api('PUT', '/api/system/alerts', 'null'), 200)
  await must(server.api('PATCH', path, { alerts: { channels: [gone.id] } }), 400)
  const { data } = await must(
    server.api<{ data: { action: string; changes: unknown[] }[] }>('GET', `/api/audit?workflow_id=${workflow.id}`),
    200,
  )
  const line = data.find(
    ({ action, changes }) => action === 'workflow.update' && JSON.stringify(changes).includes(gone.id),
  )
  assert.ok(line !== undefined, JSON.stringify(data))
})

test('Z3-45 a folder of another installation is imported without its channels, with a warning', async () => {
  const { id } = await webhook('here')
  const folder = (channels: readonly string[]) =>
    zip({
      'a/workflow.yaml': `name: moved\nkind: catch\nruntime: python3\nalerts:\n  channels: [${channels.join(', ')}]\n`,
      'a/workflow.py': FAILS,
    })
  type Imported = { id: string; alerts: { channels: string[] } | null; warnings: { code: string; message: string }[] }
  const made = await must(sendZip<Imported>(server, '/api/workflows/import', folder([id, 'chan_elsewhere'])), 201)
  assert.deepEqual(made.alerts?.channels, [id])
  assert.deepEqual(
    made.warnings.map(({ code }) => code),
    ['unknown_channel'],
  )
  assert.match(made.warnings[0]?.message ?? '', /there is no channel "chan_elsewhere", so it was left out/)
  const updated = await must(
    sendZip<{ workflow: Imported; warnings: unknown[] }>(
      server,
      `/api/workflows/${made.id}/import`,
      folder(['chan_elsewhere']),
    ),
    200,
  )
  assert.deepEqual([updated.workflow.alerts, updated.warnings.length], [null, 1])
  const fine = await must(sendZip<Imported>(server, '/api/workflows/import', folder([id])), 201)
  assert.deepEqual(fine.warnings, [])
})

test('Z3-50 a rule that could never send a recovery is refused with the reason', async () => {
  const { id } = await webhook('never')
  for (const on of [['recovered'], ['recovered', 'dead_letter']]) {
    const answer = await server.api('PUT', '/api/system/alerts', { channels: [id], on })
    assert.equal(answer.status, 400, answer.text)
    assert.match(answer.text, /expected failing with recovered/)
  }
})

test('tests never alert', async () => {
  const { id: channel } = await webhook('tests')
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  const path = `/api/workflows/${workflow.id}/runs`
  const request = { body: { fail: true } }
  await must(server.api('POST', path, { source: FAILS, request }), 200)
  await must(server.api('POST', path, { keep_settings: false, request }), 200)
  await untilLaterAlert(channel)
  assert.deepEqual(await alertsOf(workflow), [])
})

test('the rule of the installation holds for workflows without one of their own', async () => {
  const { id: channel } = await webhook('default')
  const rule = { channels: [channel], on: ['failing'], after: 1 }
  assert.deepEqual(await must(server.api('PUT', '/api/system/alerts', rule), 200), rule)
  assert.deepEqual(await must(server.api('GET', '/api/system/alerts'), 200), rule)
  const workflow = await createCatch(server, { source: FAILS })
  const silent = await createCatch(server, { source: FAILS, alerts: { channels: [] } })
  await callHook(silent, { fail: true })
  await callHook(workflow, { fail: true })
  await until(async () => messagesOf(workflow).length === 1)
  assert.deepEqual(messagesOf(silent), [])
  assert.equal(await must(server.api('PUT', '/api/system/alerts', 'null'), 200), null)
  await must(server.api('PUT', '/api/system/alerts', { channels: ['chan_0'] }), 400)
})

test('a background run that exhausts its attempts alerts as a dead letter', async () => {
  const { id: channel } = await webhook('dead')
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel], on: ['dead_letter'] } })
  const answer = await callHook(workflow, { fail: true }, { headers: { prefer: 'respond-async' } })
  assert.equal(answer.status, 202)
  await until(async () => messagesOf(workflow).length === 1)
  assert.equal(messagesOf(workflow)[0]?.type, 'workflow.dead_letter')
})

test('Z3-46 an e-mail is sent as text and HTML, in the language of the channel, with kind, code and message', async () => {
  const config = { to: ['ops@example.com'], language: 'fr' }
  const { id: channel } = await must(createChannel({ name: 'mail', type: 'email', config }), 201)
  const name = 'parse <resume>'
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { name }), 200)
  const run = await runOf(server, await callHook(workflow, { fail: true }))
  const mail = await until(async () => mails.find((text) => text.includes(run.id)))
  assert.match(mail, /From: alerts@example.com/)
  assert.match(mail, /To: ops@example.com/)
  assert.match(mail, /Content-Type: text\/plain/)
  assert.match(mail, /parse &lt;resume&gt;/)
  // Z3-46: a message holds the kind of the workflow and the code of the error.
  assert.match(mail, /Workflow: parse <resume> \(catch\)/)
  assert.match(mail, /Erreur \(exception\): ValueError: no token/)
})

test('a channel that is a workflow of this installation runs it', async () => {
  const watcher = await createCatch(server, {
    source:
      'def workflow(_request, settings):\n    settings["SEEN"] = _request["type"]\n    return {"status_code": 200, "body": ""}\n',
  })
  const config = { workflow_id: watcher.id }
  const { id: channel } = await must(createChannel({ name: 'own', type: 'workflow', config }), 201)
  const workflow = await createCatch(server, { source: FAILS, alerts: { channels: [channel] } })
  await callHook(workflow, { fail: true })
  const seen = await until(async () => {
    const page = await must(
      server.api<{ data: { key: string; value: unknown }[] }>('GET', `/api/workflows/${watcher.id}/settings`),
      200,
    )
    return page.data[0]
  })
  assert.deepEqual([seen.key, seen.value], ['SEEN', 'workflow.failing'])
})

test('a test message says whether it arrived, and a private address is blocked', async () => {
  const { id } = await webhook('try')
  const test = (channel: string) =>
    must(server.api<{ delivered: boolean; detail: string }>('POST', `/api/channels/${channel}/test`, {}), 200)
  assert.deepEqual(await test(id), { delivered: true, detail: 'Answered 204.' })
  assert.equal(received.at(-1)?.message.type, 'test')
  const inside = { name: 'x', type: 'webhook', config: { url: 'http://127.0.0.1:9/x', secret: SECRET } }
  const blocked = await test((await must(createChannel(inside), 201)).id)
  assert.equal(blocked.delivered, false)
  assert.match(blocked.detail, /blocked: 127\.0\.0\.1:9 is a private address; .*WORKFLOWS_EGRESS_ALLOW/)
})
