/** The Sources and Boards that a property can be picked from. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FakeHrflow, startFakeHrflow } from '../../../helpers/fake-hrflow.ts'
import { joinAs, keyWith } from '../../../helpers/planted-secrets.ts'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { createCatch, must } from '../../../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    pass\n'
const ACCOUNT = { API_KEY: 'ask_0123456789abcdef', USER_EMAIL: 'ada@example.com' }
let fake: FakeHrflow
let server: TestServer

before(async () => {
  fake = await startFakeHrflow({ apiKey: ACCOUNT.API_KEY, userEmail: ACCOUNT.USER_EMAIL })
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${fake.port}` } })
})
after(async () => {
  await server?.close()
  await fake?.close()
})

async function ask(settings: Record<string, string>, kind = 'sources') {
  const { id } = await createCatch(server, { source: SOURCE, settings })
  return await server.api<{ detail: string; code: string }>('GET', `/api/workflows/${id}/hrflow/${kind}`)
}

test('the Sources and Boards of the account have a key, a name and a type, and nothing else', async () => {
  const settings = { ...ACCOUNT, HRFLOW_API_URL: fake.apiUrl }
  assert.deepEqual(await must(ask(settings), 200), {
    data: [{ key: 'C'.repeat(40), name: 'Career site', type: 'api' }],
  })
  assert.deepEqual(await must(ask(settings, 'boards'), 200), {
    data: [{ key: 'O'.repeat(40), name: 'Open jobs', type: 'api' }],
  })
})

test('without a working key the answer is 409 and names the property', async () => {
  for (const [settings, detail] of [
    [{}, 'The property API_KEY is missing.'],
    [{ API_KEY: ACCOUNT.API_KEY }, 'The property USER_EMAIL is missing.'],
    [{ ...ACCOUNT, API_KEY: 'wrong' }, 'HrFlow refuses the properties API_KEY and USER_EMAIL. Correct them.'],
  ] as const) {
    const body = await must(ask({ HRFLOW_API_URL: fake.apiUrl, ...settings }), 409)
    assert.deepEqual([body.code, body.detail], ['conflict', detail])
  }
})

test('only who may change the workflow gets an answer', async () => {
  const settings = { ...ACCOUNT, HRFLOW_API_URL: fake.apiUrl }
  const { id } = await createCatch(server, { source: SOURCE, settings, editors: [] })
  const editor = await joinAs(server, 'editor', 'other')
  for (const [headers, status] of [
    [editor.sender, 403],
    [await keyWith(server, ['read']), 403],
    [await keyWith(server, ['write']), 200],
  ] as const) {
    const answer = await fetch(`${server.url}/api/workflows/${id}/hrflow/sources`, { headers })
    assert.equal(answer.status, status, await answer.text())
  }
})

test('the server connects to no address that functions may not reach', async () => {
  const body = await must(ask({ ...ACCOUNT, HRFLOW_API_URL: `http://127.0.0.1:${fake.port + 1}/v1/` }), 409)
  assert.equal(body.detail, 'HrFlow could not be reached.')
})
