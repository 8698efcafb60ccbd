/** The twins and a real server: what the API shows of them, hooks that pass its checks, functions and connections. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callback } from '../../helpers/connections.ts'
import { startDemoServer } from '../../helpers/demo-server.ts'
import { keyWith } from '../../helpers/planted-secrets.ts'
import { startServer } from '../../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../../helpers/workflows.ts'

const { server, twins, find } = await startDemoServer()
after(() => server.close())

async function post(url: string, sent: unknown): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(sent) })
  return { status: answer.status, text: await answer.text() }
}

test('only those who may administer see credentials, and strangers see no twin', async () => {
  assert.equal(twins.length, 7)
  const reader = await keyWith(server, ['read'])
  const seen = (await (await fetch(`${server.url}/api/system`, { headers: reader })).json()) as { twins: unknown }
  assert.deepEqual(
    seen.twins,
    twins.map(({ name, url }) => ({ name, url, credentials: null })),
  )
  const stranger = await (await fetch(`${server.url}/api/system`)).text()
  for (const { name, url } of twins) assert.ok(!stranger.includes(url), name)
})

test('without the demo there is no twin', async () => {
  const plain = await startServer()
  try {
    const { twins: found } = await must(plain.api<{ twins: unknown }>('GET', '/api/system'), 200)
    assert.deepEqual(found, [])
  } finally {
    await plain.close()
  }
})

const ECHO = `
def workflow(_request, settings):
    return {"status_code": 202 if "smartrecruiters-signature" in _request.headers else 200, "body": _request.get("challenge", "")}
`

const SLACK_FORM = {
  scheme: 'hmac',
  header: 'X-Slack-Signature',
  prefix: 'v0=',
  signed: 'v0:{timestamp}:{body}',
  timestamp_header: 'X-Slack-Request-Timestamp',
}
const CHECKS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  greenhouse: { scheme: 'greenhouse' },
  smartrecruiters: { scheme: 'smartrecruiters' },
  workable: { scheme: 'workable' },
  recruitee: { scheme: 'recruitee' },
  teamtailor: { scheme: 'teamtailor' },
  slack: SLACK_FORM,
}

const runsOf = async ({ id }: WorkflowBody): Promise<readonly { readonly status: string }[]> =>
  (await must(server.api<{ data: { status: string }[] }>('GET', `/api/workflows/${id}/runs`), 200)).data

for (const [name, check] of Object.entries(CHECKS)) {
  test(`the events of the twin ${name} pass the check of its sender`, async () => {
    const { url, credentials } = find(name)
    const sender_check = { ...check, secret: credentials['webhook_secret'] }
    const workflow = await createCatch(server, { source: ECHO, sender_check, timeout_seconds: 300 })
    const made = await post(`${url}/hooks`, { url: workflow.hook_url })
    assert.equal(made.status, 201, made.text)
    const before = (await runsOf(workflow)).length
    assert.equal((await post(`${url}/events`, {})).status, 201)
    await until(async () => {
      const { data } = (await (await fetch(`${url}/deliveries`)).json()) as {
        data: { state: string; status: number }[]
      }
      const [first] = data
      assert.notEqual(first?.state, 'failed')
      return first?.state === 'delivered'
    })
    const runs = await runsOf(workflow)
    assert.equal(runs.length, before + 1)
    assert.equal(runs[0]?.status, 'succeeded')
  })
}

test('a hook with another secret is refused by the server', async () => {
  const { url } = find('recruitee')
  const sender_check = { scheme: 'recruitee', secret: 'another secret for this test' }
  const workflow = await createCatch(server, { source: ECHO, sender_check })
  const made = await post(`${url}/hooks`, { url: workflow.hook_url })
  assert.equal(made.status, 400)
  assert.match(made.text, /answered with 401/)
  assert.equal((await runsOf(workflow)).length, 0)
})

test('functions in Python and TypeScript reach a twin', async () => {
  const { url, credentials } = find('teamtailor')
  const settings = { URL: url, KEY: credentials['api_key'] }
  const python = `
import json, urllib.request
def workflow(_request, settings):
    headers = {"Authorization": "Token token=" + settings["KEY"], "X-Api-Version": "20240904"}
    answer = urllib.request.urlopen(urllib.request.Request(settings["URL"] + "/v1/candidates", headers=headers))
    return {"status_code": 200, "body": str(json.load(answer)["meta"]["record-count"])}
`
  const script = `
export default async function workflow(request: unknown, settings: { URL: string; KEY: string }) {
  const headers = { Authorization: 'Token token=' + settings.KEY, 'X-Api-Version': '20240904' }
  const { meta } = await (await fetch(settings.URL + '/v1/candidates', { headers })).json()
  return { status_code: 200, body: String(meta['record-count']) }
}
`
  for (const [source, runtime] of [
    [python, 'python3'],
    [script, 'node24'],
  ] as const) {
    const { hook_url } = await createCatch(server, { source, settings, runtime, timeout_seconds: 300 })
    const answer = await post(hook_url, {})
    assert.equal(answer.status, 200, answer.text)
    // An event of another test adds an application.
    assert.ok(Number(answer.text) >= 60, answer.text)
  }
})

test('a connection signs in at a twin, and again when its token was expired on demand', async () => {
  const { url, credentials } = find('smartrecruiters')
  const { client_id, client_secret, token_url } = credentials
  const sent = { name: 'ats', provider: 'smartrecruiters', client_id, client_secret, token_url }
  const { id } = await must(server.api<{ id: string }>('POST', '/api/connections', sent), 201)
  const source = `
import requests
def workflow(_request, settings):
    headers = {"Authorization": "Bearer " + settings["ats"]["access_token"]}
    answer = requests.get(settings["URL"] + "/jobs", headers=headers, timeout=60)
    return {"status_code": 200, "body": str(answer.status_code)}
`
  const fields = { settings: { URL: url }, connections: ['ats'], timeout_seconds: 300 }
  const { hook_url } = await createCatch(server, { source, ...fields })
  const first = await post(hook_url, {})
  assert.equal(first.text, '200')
  assert.equal((await post(`${url}/faults`, { expire_token: true })).status, 200)
  assert.equal((await post(hook_url, {})).text, '401')
  const { status } = await must(server.api<{ status: string }>('GET', `/api/connections/${id}`), 200)
  assert.equal(status, 'connected')
})

test("the test of a connection calls Slack at the connection's own addresses", async () => {
  const { url, credentials } = find('slack')
  const { client_id, client_secret, token_url, authorization_url } = credentials
  const sent = { name: 'chat', provider: 'slack', client_id, client_secret, token_url, authorization_url }
  const { id } = await must(server.api<{ id: string }>('POST', '/api/connections', sent), 201)
  const page = await must(server.api<{ url: string }>('POST', `/api/connections/${id}/authorize`), 200)
  const consent = await fetch(page.url, { redirect: 'manual' })
  assert.equal((await callback(server, consent.headers.get('location') ?? '')).status, 303)
  const result = await must(server.api('POST', `/api/connections/${id}/test`), 200)
  assert.deepEqual(result, { ok: true, status: 200, detail: `${new URL(url).host} answered 200.` })
})

test("the test of a connection calls Salesforce at the connection's userinfo_url", async () => {
  const { url, credentials } = find('smartrecruiters')
  const { client_id, client_secret, token_url } = credentials
  const userinfo_url = `${url}/jobs`
  const grant = 'client_credentials'
  const sent = { name: 'crm', provider: 'salesforce', grant, client_id, client_secret, token_url, userinfo_url }
  const { id } = await must(server.api<{ id: string }>('POST', '/api/connections', sent), 201)
  const result = await must(server.api('POST', `/api/connections/${id}/test`), 200)
  assert.deepEqual(result, { ok: true, status: 200, detail: `${new URL(url).host} answered 200.` })
})
