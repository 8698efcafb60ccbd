/** A server whose workflow has secrets, copies of them, and previous values, and people who read them. */

import { randomBytes } from 'node:crypto'
import { runIdOf, waiting } from './durable.ts'
import { type Answer, readAnswer, type ServerApi, type TestServer } from './server.ts'
import { tryOut } from './trials.ts'
import { callHook, createCatch, must, type RunBody, runOf, until, type WorkflowBody } from './workflows.ts'

export type Sender = Readonly<Record<string, string>>
type Person = { readonly id: string; readonly sender: Sender }
export type Planted = {
  readonly workflow: WorkflowBody
  readonly runIds: readonly string[]
  readonly trialId: string
  readonly channelId: string
  readonly connectionId: string
  readonly deadLetterId: string
  /** A task that asks the viewer. */
  readonly taskId: string
  readonly decisionId: string
  readonly explanationId: string
  readonly people: Readonly<Record<'owner' | 'listed' | 'limited' | 'viewer', Person>>
  /** Texts that only principals who may change the workflow may see, by name. */
  readonly secrets: Readonly<Record<string, string>>
  /** Part of the hook's address, which everyone with the scope `run` may see. */
  readonly hookKey: string
}

const PASSWORD = 'correct horse battery'
const token = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`

const SOURCE = `
import base64, json
def workflow(_request, settings):
    own, shared = settings["TOKEN"], settings["SHARED"]
    print(own, shared, settings.get("whole"))
    if "fail" in _request:
        raise ValueError("refused " + own + " and " + shared + " and " + json.dumps(settings.get("nested")))
    if "copy" in _request:
        settings["copy"] = "prefix " + own + " suffix"
        settings["nested"] = {"list": [{"auth": "Bearer " + own}], "n": 1.0}
        settings["basic"] = base64.b64encode(("user:" + own).encode()).decode()
        settings["text"] = json.dumps({"token": own})
        settings["of shared"] = "x " + shared
        settings["name " + own] = 1
        settings["url"] = _request.url
        settings["whole"] = own
    headers = {"X-Echo": own, "X-" + own: "name", "Workflow-Label": "label " + own}
    shown = {key: value for key, value in settings.items() if key != "LATER"}
    return {"status_code": 200, "headers": headers, "body": json.dumps(shown)}
`
const TRIED = `
def workflow(_request, settings):
    settings["OUT"] = settings["TOKEN"] + settings["SHARED"]
    settings["LATER COPY"] = settings["LATER"]
    return {"status_code": 200, "body": "tried " + str(settings.get("copy"))}
`
const ASKING = `
from workflows import ask
def workflow(_request, settings):
    secret = settings["SHARED"]
    ask("a", title="Title " + secret, text=secret, data={"of " + secret: [secret]}, to=["viewer@example.com"])
`

const DECIDING = `
from workflows import decide
def workflow(_request, settings):
    secret = settings["SHARED"]
    outcome = "invite" if _request["years"] >= 5 else "reject"
    decide("lea@example.com", outcome, reasons=["of " + secret], inputs={"of " + secret: [secret]}, attributes={"sex": secret})
`

export async function callAs(
  server: ServerApi,
  sender: Sender,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<Record<string, unknown>>> {
  const json: Sender = body === undefined ? {} : { 'content-type': 'application/json' }
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return await readAnswer(await fetch(server.url + path, { method, headers: { ...json, ...sender }, ...text }))
}

export async function joinAs(server: ServerApi, role: string, name: string): Promise<Person> {
  const email = `${name}@example.com`
  const { url } = await must(server.api<{ url: string }>('POST', '/api/invitations', { email, role }), 201)
  const [, invitation] = /#token=(\S+)/.exec(url) ?? []
  const body = { token: invitation, name, password: PASSWORD }
  const joined = await callAs(server, {}, 'POST', '/api/invitations/accept', body)
  const cookie = joined.headers.getSetCookie().map((line) => line.split(';')[0])
  return { id: String(joined.body.id), sender: { cookie: cookie.join('; '), origin: server.url } }
}

export async function keyWith(server: ServerApi, scopes: readonly string[]): Promise<Sender> {
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: scopes.join(' '), scopes }), 201)
  return { authorization: `Bearer ${key}` }
}

/** `onReady` gets the people before anything runs. */
export async function plantSecrets(
  server: TestServer,
  onReady: (people: Planted['people']) => Promise<void>,
): Promise<Planted> {
  const people = {
    owner: await joinAs(server, 'owner', 'owner'),
    listed: await joinAs(server, 'editor', 'listed'),
    limited: await joinAs(server, 'editor', 'limited'),
    viewer: await joinAs(server, 'viewer', 'viewer'),
  }
  await onReady(people)
  const secrets = {
    own: token('own'),
    rotated: token('rotated'),
    shared: token('shared'),
    sharedRotated: token('shared-rotated'),
    later: token('later'),
    credential: token('credential'),
    client: token('client'),
  }
  const put = async (path: string, value: string, secret = true) =>
    void (await must(server.api('PUT', path, { value, secret }), 200))
  await put('/api/shared-settings/SHARED', secrets.shared)
  const receiver = await createCatch(server, { source: 'def workflow(r, s):\n    return None\n' })
  const channel = { name: 'to a workflow', type: 'workflow', config: { workflow_id: receiver.id } }
  const { id: channelId } = await must(server.api<{ id: string }>('POST', '/api/channels', channel), 201)
  const connection = {
    name: 'ats',
    provider: 'oauth2',
    client_id: 'connector',
    client_secret: secrets.client,
    grant: 'client_credentials',
    token_url: 'https://provider.example/token',
  }
  const { id: connectionId } = await must(server.api<{ id: string }>('POST', '/api/connections', connection), 201)
  const taskId = await plantTask(server, people.listed)
  const decided = await plantDecision(server, people.listed, secrets.shared)
  const workflow = await createCatch(server, {
    source: SOURCE,
    shared_settings: ['SHARED'],
    editors: [people.listed.id],
    alerts: { channels: [channelId], on: ['failing', 'dead_letter'] },
    record_outbound: true,
  })
  const at = `/api/workflows/${workflow.id}`
  await put(`${at}/settings/TOKEN`, secrets.own)
  await put(`${at}/settings/LATER`, secrets.later, false)
  const sample = {
    headers: [
      ['Authorization', `Bearer ${secrets.credential}`],
      ['X-API-Key', secrets.credential],
      ['Cookie', `session=${secrets.credential}`],
      ['X-Other', `of ${secrets.own}`],
    ],
    query: `token=${secrets.own}`,
    body: { token: secrets.own, shared: secrets.shared },
  }
  await must(server.api('PUT', `${at}/sample-request`, sample), 200)
  await must(server.api('PUT', `${at}/draft`, { source: `${SOURCE}# ${secrets.own}` }), 200)
  const runs = [
    await runOf(server, await callHook(workflow, { copy: 1, sent: secrets.own }, { query: `?t=${secrets.own}` })),
  ]
  await put('/api/shared-settings/SHARED', secrets.sharedRotated)
  await put(`${at}/settings/TOKEN`, secrets.rotated)
  // The settings contain the previous values, which the function prints and returns.
  runs.push(await runOf(server, await callHook(workflow, {})))
  const { trial } = await tryOut(server, workflow.id, { source: TRIED, runs: runs.map(({ id }) => id) })
  await put(`${at}/settings/LATER`, secrets.later)
  runs.push(await failInBackground(server, workflow))
  const path = `/api/dead-letters?workflow_id=${workflow.id}`
  const dead = await must(server.api<{ data: { id: string }[] }>('GET', path), 200)
  await until(
    async () => (await server.api<{ data: unknown[] }>('GET', `/api/workflows/${receiver.id}/runs`)).body.data[0],
  )
  const alert = await server.api<{ data: { id: string }[] }>('GET', `/api/workflows/${receiver.id}/runs`)
  return {
    workflow,
    runIds: [...runs.map(({ id }) => id), ...alert.body.data.map(({ id }) => id)],
    trialId: trial.id,
    channelId,
    connectionId,
    deadLetterId: String(dead.data[0]?.id),
    taskId,
    ...decided,
    people,
    secrets,
    hookKey: String(workflow.hook_url.split('/').at(-1)),
  }
}

async function plantTask(server: TestServer, editor: Person): Promise<string> {
  const workflow = await createCatch(server, { source: ASKING, shared_settings: ['SHARED'], editors: [editor.id] })
  const run = await waiting(server, runIdOf(await callHook(workflow, {})))
  return (run.waiting_for as { task_id: string }[])[0]?.task_id ?? ''
}

async function plantDecision(server: TestServer, editor: Person, secret: string) {
  const workflow = await createCatch(server, { source: DECIDING, shared_settings: ['SHARED'], editors: [editor.id] })
  await runOf(server, await callHook(workflow, { years: 4, of: secret }))
  const path = `/api/decisions?workflow_id=${workflow.id}`
  const { data } = await must(server.api<{ data: { id: string }[] }>('GET', path), 200)
  const decisionId = String(data[0]?.id)
  const body = { fields: ['/years'], max_runs: 10 }
  const { id } = await must(server.api<{ id: string }>('POST', `/api/decisions/${decisionId}/explain`, body), 202)
  await until(async () => {
    const { status } = await must(server.api<{ status: string }>('GET', `/api/explanations/${id}`), 200)
    return status === 'done'
  })
  return { decisionId, explanationId: id }
}

async function failInBackground(server: TestServer, workflow: WorkflowBody): Promise<RunBody> {
  const answer = await callHook(workflow, { fail: 1 }, { headers: { prefer: 'respond-async' } })
  return await until(async () => {
    const run = await runOf(server, answer)
    return run.status === 'failed' && run
  })
}
