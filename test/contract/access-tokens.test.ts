/** `access_token`: functions get tokens from the server while they run, at a real OAuth server. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { openRecording } from '../../src/store/runs/rows/calls.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import { loadSecretKey } from '../../src/store/secrets/secret-key.ts'
import { createConnection, envFor, hookOn, readConnection, signIn, startProvider } from '../helpers/connections.ts'
import { bodyOf, ended, runIdOf, stepsOf, textsOf, waiting, wake } from '../helpers/durable.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import type { OAuthProvider } from '../helpers/oauth-provider.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { tryOut } from '../helpers/trials.ts'
import { callHook, createCatch, must, type RunBody, until } from '../helpers/workflows.ts'

let provider: OAuthProvider
let server: TestServer
/** Holds functions until the test has ended their first token. */
let gate: HttpTarget
let connection: string
const gates: Record<string, HttpTarget> = {}
const PLACES = 9

before(async () => {
  provider = await startProvider()
  for (let place = 0; place < PLACES; place += 1) gates[place] = await startHttpTarget()
  const allowed = Object.values(gates).map(({ port }) => `127.0.0.1:${port}`)
  const env = envFor(provider)
  server = await startServer({ env: { ...env, WORKFLOWS_EGRESS_ALLOW: [provider.target, ...allowed].join(',') } })
  connection = (await createConnection(server, provider)).id
})
after(async () => {
  await server.close()
  for (const one of Object.values(gates)) one.close()
  await provider.close()
})
beforeEach(async () => {
  const [place = ''] = Object.keys(gates)
  gate = gates[place] as HttpTarget
  delete gates[place]
  provider.ttl = 3600
  await signIn(server, provider, connection)
  provider.tokenRequests.length = 0
})
afterEach(() => {
  gate.release()
  gate.close()
})

const refreshes = () => provider.tokenRequests.filter(({ grant }) => grant === 'refresh_token')

const PYTHON = `import json, urllib.request, urllib.error
from workflows import access_token, step

def status(settings, token):
    request = urllib.request.Request(settings["URL"] + "?t=" + token, headers={"Authorization": "Bearer " + token})
    try:
        return urllib.request.urlopen(request, timeout=100).status
    except urllib.error.HTTPError as error:
        return error.code

def workflow(_request, settings):
    first = settings["ats"]["access_token"]
    urllib.request.urlopen(settings["GATE"], timeout=250).read()
    token = access_token("ats")
    print("got", token)
    stored = step("token", lambda: access_token("ats"))
    found = {"token": token, "statuses": [status(settings, first), status(settings, token)],
             "same": [stored == token, access_token("ats") == token]}
    return {"status_code": 200, "body": json.dumps(found)}
`

const LOOP = PYTHON.replace('import json', 'import asyncio, json')
  .replace('def workflow', 'async def workflow')
  .replace('urllib.request.urlopen(settings["GATE"], timeout=250).read()', 'await asyncio.to_thread(hold, settings)')
  .replace(
    'token = access_token("ats")',
    'token, other = await asyncio.gather(access_token("ats"), access_token("ats"))',
  )
  .replace('step("token", lambda: access_token("ats"))', 'await step("token", lambda: access_token("ats"))')
  .replace('access_token("ats") == token]', 'other == token]')
  .replace(
    'async def workflow',
    'def hold(settings):\n    urllib.request.urlopen(settings["GATE"], timeout=250).read()\n\nasync def workflow',
  )

const SCRIPT = `import { access_token, accessToken, step } from 'workflows'

const statusOf = async (settings, token) =>
  (await fetch(settings.URL + '?t=' + token, { headers: { authorization: 'Bearer ' + token } })).status

export default async function workflow(request, settings) {
  const first = settings.ats.access_token
  await (await fetch(settings.GATE)).text()
  const [token, other] = await Promise.all([accessToken('ats'), access_token('ats')])
  console.log('got', token)
  const stored = await step('token', () => accessToken('ats'))
  const statuses = [await statusOf(settings, first), await statusOf(settings, token)]
  return { status_code: 200, body: JSON.stringify({ token, statuses, same: [stored === token, other === token] }) }
}
`

const LANGUAGES = [
  { language: 'Python', source: PYTHON, runtime: {} },
  { language: 'asyncio', source: LOOP, runtime: {} },
  { language: 'JavaScript', source: SCRIPT, runtime: { runtime: 'node24' } },
] as const

const make = async (source: string, fields: object = {}) => {
  const settings = { URL: provider.serviceUrl, GATE: `http://127.0.0.1:${gate.port}/held` }
  const made = { source, settings, connections: ['ats'], timeout_seconds: 300, record_outbound: true, ...fields }
  return hookOn(server, await createCatch(server, made))
}

/** Ends the first token, and stores one that lasts less than a minute. */
async function endFirstToken(): Promise<void> {
  await must(server.api('POST', `/api/connections/${connection}/disconnect`), 200)
  provider.ttl = 50
  await signIn(server, provider, connection)
  provider.ttl = 3600
  provider.tokenRequests.length = 0
}

/** Returns the recorded calls of a run. */
function recordingOf(workflowId: string, runId: string): string {
  const database = new DatabaseSync(join(server.dataDir, 'workflows.db'), { readOnly: true })
  const row = database.prepare('select recording from run_calls where run_id = ?').get(runId)
  database.close()
  const keyring = createKeyring(loadSecretKey(server.dataDir, false))
  return openRecording(keyring, workflowId, runId, row?.['recording'] as Uint8Array)
}

const held = (count: number) => until(async () => gate.asked.length >= count)

for (const { language, source, runtime } of LANGUAGES)
  test(`a run in ${language} whose token ended gets a new one, which nothing stored shows`, async () => {
    const workflow = await make(source, runtime)
    const calling = callHook(workflow, {})
    await held(1)
    await endFirstToken()
    gate.release()
    const answer = await calling
    assert.equal(answer.status, 200, answer.text)
    const { token, ...found } = JSON.parse(answer.text) as { token: string }
    assert.deepEqual(found, { statuses: [401, 200], same: [true, true] })
    assert.equal(refreshes().length, 1)
    const id = runIdOf(answer)
    const run = await server.api<RunBody>('GET', `/api/runs/${id}`)
    const others = ['steps', 'trace', 'logs'].map((what) => server.api('GET', `/api/runs/${id}/${what}`))
    const texts = [run, ...(await Promise.all(others))].map(({ status, text }) => {
      assert.equal(status, 200, text)
      return text
    })
    const recording = recordingOf(workflow.id, id)
    assert.match(recording, /t=\*\*\*/)
    assert.ok(![...texts, recording].join('').includes(token), 'the token is in the stored run')
    assert.deepEqual(await textsOf(server, id), ['got ***'])
    const steps = await stepsOf(server, id)
    assert.deepEqual(
      steps.map(({ kind, name, result }) => [kind, name, result]),
      [['step', 'token', '***']],
    )
  })

test('runs share one refresh', async () => {
  const workflow = await make(PYTHON)
  const other = await make(SCRIPT, { runtime: 'node24' })
  const calling = [workflow, other].map((one) => callHook(one, {}))
  await held(2)
  await endFirstToken()
  gate.release()
  const answers = await Promise.all(calling)
  const tokens = answers.map(({ status, text }) => {
    assert.equal(status, 200, text)
    return (JSON.parse(text) as { token: string }).token
  })
  assert.equal(new Set(tokens).size, 1)
  assert.equal(refreshes().length, 1)
})

const REFUSED = [
  [
    {},
    'from workflows import access_token\ndef workflow(request, settings):\n    try:\n        access_token("other")\n    except ValueError as error:\n        return {"status_code": 200, "body": str(error)}\n',
  ],
  [
    { runtime: 'node24' },
    "import { accessToken } from 'workflows'\nexport default async () => {\n  try {\n    await accessToken('other')\n  } catch (error) {\n    if (error instanceof RangeError) return { status_code: 200, body: error.message }\n  }\n}\n",
  ],
] as const

test('a connection that the workflow does not name is refused', async () => {
  await createConnection(server, provider, { name: 'other', grant: 'client_credentials', scopes: ['candidates'] })
  for (const [runtime, source] of REFUSED) {
    const answer = await callHook(await make(source, runtime), {})
    assert.equal(answer.text, 'The workflow has no connection "other": add it to its connections')
  }
  assert.deepEqual(provider.tokenRequests, [])
})

const LOST = [
  [
    {},
    `import urllib.request
from workflows import access_token, step, ConnectionUnavailable
def workflow(request, settings):
    urllib.request.urlopen(settings["GATE"], timeout=250).read()
    if request["how"] == "step":
        step("ask", access_token, "ats")
    try:
        access_token("ats")
    except ConnectionUnavailable as error:
        if request["how"] == "caught":
            return {"status_code": 200, "body": "caught"}
        raise
`,
  ],
  [
    { runtime: 'node24' },
    `import { accessToken, ConnectionUnavailable, step } from 'workflows'
export default async function workflow(request, settings) {
  await (await fetch(settings.GATE)).text()
  if (request.fields.how === 'step') await step('ask', () => accessToken('ats'))
  try {
    await accessToken('ats')
  } catch (error) {
    if (error instanceof ConnectionUnavailable && request.fields.how === 'caught') return { status_code: 200, body: 'caught' }
    throw error
  }
}
`,
  ],
] as const

for (const [runtime, source] of LOST)
  test(`a lost sign-in ends the run with connection_unavailable, unless the function catches it ${JSON.stringify(runtime)}`, async () => {
    const workflow = await make(source, runtime)
    const ways = ['caught', 'raised', 'step']
    const calling = ways.map((how) => callHook(workflow, { how }))
    await held(calling.length)
    await endFirstToken()
    await provider.revokeAll()
    gate.release()
    const [caught, ...failed] = await Promise.all(calling)
    assert.equal(caught?.text, 'caught')
    for (const answer of failed) {
      assert.deepEqual([answer.status, answer.body.code], [503, 'connection_unavailable'], answer.text)
      const run = await ended(server, runIdOf(answer))
      assert.equal(run.code, 'connection_unavailable')
      assert.match(String(run.message), /The connection ats|The token of the connection ats/)
    }
    assert.equal((await readConnection(server, connection)).status, 'needs_sign_in')
    assert.equal(refreshes().length, 1)
  })

test('a token is no stored call, so parts may ask for it or not', async () => {
  const source = `from workflows import access_token, sleep
def workflow(request, settings):
    for _ in range(settings["asks"]):
        access_token("ats")
    sleep("pause", days=1)
    return {"status_code": 200, "body": "1" if access_token("ats") else "0"}
`
  const workflow = await make(source)
  const ask = (value: number) => server.api('PUT', `/api/workflows/${workflow.id}/settings/asks`, { value })
  await must(ask(3), 200)
  const id = runIdOf(await callHook(workflow, {}))
  await waiting(server, id)
  await must(ask(1), 200)
  await wake(server, id)
  const run = await ended(server, id)
  assert.equal(run.status, 'succeeded', String(run.message))
  assert.equal(bodyOf(run), 1)
  assert.deepEqual(
    (await stepsOf(server, run.id)).map(({ kind, name }) => [kind, name]),
    [['sleep', 'pause']],
  )
})

test('tests, trials and reused processes get tokens', async () => {
  const source = `from workflows import access_token
def workflow(request, settings):
    same = access_token("ats") == settings["ats"]["access_token"]
    return {"status_code": 200, "body": str(same)}
`
  const workflow = await make(source, { isolation: 'reuse' })
  for (let call = 0; call < 3; call += 1) assert.equal((await callHook(workflow, {})).text, 'True')
  const { cases } = await tryOut(server, workflow.id, { source, runs: { last: 3 }, outbound: 'blocked' })
  assert.deepEqual(
    cases.map(({ verdict }) => verdict),
    ['same', 'same', 'same'],
  )
  const tested = await must(
    server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { source, request: { body: '{}' } }),
    200,
  )
  assert.equal(tested.status, 'succeeded', String(tested.message))
  assert.equal((tested.response as { body: string }).body, 'True')
})
