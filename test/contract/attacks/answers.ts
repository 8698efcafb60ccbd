/** Attempts to answer a task by a caller who may not, or with what is no answer. */

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createCommandLine } from '../../helpers/command-line.ts'
import { beforeExpiry } from '../../helpers/expiry.ts'
import type { Sender } from '../../helpers/roles.ts'
import { type Answer, readAnswer } from '../../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { ASKS_AND_DECIDES, OVERSEEN, runAttacks, type Stage, YES } from './stage.ts'

type Sent = {
  readonly sender?: Sender
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}
type Attempt = readonly [number: number, name: string, expected: readonly (number | string)[], send: () => Promise<Got>]
type Got = Pick<Answer<{ code?: string }>, 'status' | 'text'> & { readonly code?: string | undefined }

const PASSWORD = 'correct horse battery'

/** `kind`: a question of `ask`, or a decision. All attempts are on one open task of each. */
export function answerAttacks(stageOf: () => Stage, kind: 'task' | 'decision'): void {
  const prefix = kind === 'task' ? 'T18' : 'D21'
  let workflow: WorkflowBody
  let runId = ''
  let taskId = ''
  let keys: Awaited<ReturnType<typeof makeKeys>>
  before(async () => {
    const stage = stageOf()
    workflow = await createCatch(stage.server, { source: ASKS_AND_DECIDES, decisions: { oversight: OVERSEEN } })
    runId = await stage.call(workflow, { ask: kind === 'task' })
    taskId = await stage.taskOf(runId)
    keys = await makeKeys(stage)
  })

  const send = async ({ sender = {}, method = 'POST', path, headers = {}, body = YES }: Sent): Promise<Got> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await fetch(new URL(path ?? `/api/tasks/${taskId}/answer`, stageOf().server.url), {
      method,
      headers: { 'content-type': 'application/json', ...sender, ...headers },
      ...(method === 'GET' ? {} : { body: text }),
    })
    const read = await readAnswer<{ code?: string }>(answer)
    return { status: read.status, text: read.text, code: read.body.code }
  }
  const lea = () => stageOf().people.lea.sender
  const table = [
    ...callers(stageOf, () => keys, send),
    ...ways(
      stageOf,
      () => keys,
      () => taskId,
      send,
    ),
    ...answers(lea, () => taskId, send, kind),
  ]
  runAttacks(
    table.map(([number, name, expected, attempt]) => ({
      id: `${prefix}-${String(number).padStart(3, '0')}`,
      name,
      async attempt() {
        const stage = stageOf()
        const { status, code, text } = await attempt()
        const isExpected = expected.includes(status) || (code !== undefined && expected.includes(code))
        assert.ok(isExpected && status !== 200, `${status} ${text}`)
        const task = await must(stage.as(lea(), 'GET', `/api/tasks/${taskId}`), 200)
        assert.deepEqual([task.status, task.answer], ['open', null])
        await stage.hasNone(workflow, name)
      },
    })),
  )
  test(`${prefix}-000 the same call with a person's yes succeeds`, async () => {
    const stage = stageOf()
    if (kind === 'decision') return await stage.leaAgrees(workflow, runId, taskId, 'control')
    assert.equal((await send({ sender: lea() })).status, 200)
    // The run goes on, and comes to its decision.
    const decision = await until(async () => {
      const found = await stage.taskOf(runId)
      return found !== taskId && found
    })
    await stage.leaAgrees(workflow, runId, decision, 'control')
  })
}

async function makeKeys({ keyOf, as, people: { ada, lea } }: Stage) {
  const [short, reads, all, revoked, old] = [
    await beforeExpiry((expiresAt) => keyOf(lea.sender, ['read', 'run'], expiresAt)),
    await keyOf(lea.sender, ['read']),
    await keyOf(lea.sender, ['read', 'run', 'admin']),
    await keyOf(lea.sender, ['read', 'run']),
    await keyOf(lea.sender, ['read', 'run']),
  ]
  const inner = await keyOf(all.sender, ['read', 'run'])
  await must(as(lea.sender, 'DELETE', `/api/keys/${revoked.id}`), 204)
  for (const role of ['editor', 'owner'])
    await must(as(ada.sender, 'PATCH', `/api/people/${lea.id}`, { role, keys: 'keep' }), 200)
  return { short, reads, inner, revoked, old, own: await keyOf(lea.sender, ['read', 'run']) }
}

type Keys = Awaited<ReturnType<typeof makeKeys>>
type Send = (sent: Sent) => Promise<Got>
const NOT: readonly string[] = ['may_not_answer']

function callers(stageOf: () => Stage, keys: () => Keys, send: Send): readonly Attempt[] {
  const people = () => stageOf().people
  const by =
    (name: 'ada' | 'eve' | 'vic' | 'abe'): Attempt[3] =>
    () =>
      send({ sender: people()[name].sender })
  return [
    [1, 'the key of the server belongs to no person', NOT, () => send({ sender: bearer(stageOf().server.apiKey) })],
    [2, 'a caller without credentials', [401], () => send({})],
    [3, 'a key that does not exist', [401], () => send({ sender: bearer('wf_0123456789abcdef0123456789abcdef') })],
    [4, 'a viewer', NOT, by('vic')],
    [5, 'an editor who is not asked', NOT, by('eve')],
    [6, 'an approver who is not asked', NOT, by('abe')],
    [7, 'an owner who is not asked', NOT, by('ada')],
    [8, "a reviewer's key that may only read", ['forbidden'], () => send({ sender: keys().reads.sender })],
    [9, "a key that a reviewer's key made", [...NOT, 401], () => send({ sender: keys().inner.sender })],
    [10, "a reviewer's revoked key", [401], () => send({ sender: keys().revoked.sender })],
    [
      11,
      "a reviewer's expired key",
      [401],
      () =>
        until(async () => {
          // Without an answer in the body, the key alone is tried.
          const tried = await send({ sender: keys().short.sender, method: 'GET', path: '/api/tasks' })
          return tried.status === 401 && (await send({ sender: keys().short.sender }))
        }),
    ],
    [12, 'a key that is older than the role of the reviewer', [...NOT, 401], () => send({ sender: keys().old.sender })],
    [13, 'a session that has ended', [401], () => signedOut(stageOf(), send)],
  ]
}

const bearer = (key: string): Sender => ({ authorization: `Bearer ${key}` })

async function signedOut({ server }: Stage, send: Send): Promise<Got> {
  const own = { origin: server.url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
  const body = JSON.stringify({ email: 'lea@example.com', password: PASSWORD })
  const signedIn = await fetch(new URL('/api/auth/sign-in/email', server.url), { method: 'POST', headers: own, body })
  assert.equal(signedIn.status, 200)
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const out = await fetch(new URL('/api/auth/sign-out', server.url), {
    method: 'POST',
    headers: { ...own, cookie },
    body: '{}',
  })
  assert.equal(out.status, 200)
  return await send({ sender: { ...own, cookie } })
}

/** Other roads to the same route. */
function ways(stageOf: () => Stage, keys: () => Keys, taskId: () => string, send: Send): readonly Attempt[] {
  const people = () => stageOf().people
  const own = () => keys().own.key
  const task = () => `/api/tasks/${taskId()}`
  const lea = (headers: Readonly<Record<string, string>>, more: Sent = {}) =>
    send({ sender: people().lea.sender, headers, ...more })
  const asLea = { 'x-forwarded-user': 'lea@example.com', 'x-forwarded-email': 'lea@example.com', 'remote-user': 'lea' }
  return [
    [14, "a reviewer's cookie from another site", [403], () => lea({ origin: 'https://evil.example' })],
    [
      15,
      "a reviewer's cookie in a request that another site sends",
      [403],
      () => lea({ origin: 'null', 'sec-fetch-site': 'cross-site' }),
    ],
    [16, 'a key in the query', [401, 400], () => send({ path: `${task()}/answer?api_key=${own()}&token=${own()}` })],
    [
      17,
      'a key as a cookie',
      [401],
      () => send({ headers: { cookie: `session=${own()}; better-auth.session_token=${own()}` } }),
    ],
    [
      18,
      "a reviewer's password",
      [401],
      () => send({ headers: { authorization: `Basic ${btoa(`lea@example.com:${PASSWORD}`)}` } }),
    ],
    [19, 'headers that name a reviewer', [401], () => send({ headers: asLea })],
    [
      20,
      'a viewer with headers that name a reviewer',
      NOT,
      () => send({ sender: people().vic.sender, headers: asLea }),
    ],
    [
      21,
      'the tool of agents with the key of the server',
      ['isError'],
      () => byTool(stageOf(), stageOf().server.apiKey, taskId()),
    ],
    [22, 'the tool of agents without a key', [401], () => byTool(stageOf(), 'none', taskId())],
    [
      23,
      "the tool of agents with a reviewer's key that may only read",
      ['isError', 'forbidden'],
      () => byTool(stageOf(), keys().reads.key, taskId()),
    ],
    [24, 'the command line with the key of the server', ['exit 1'], () => byCommand(stageOf(), taskId())],
    [
      25,
      'a GET of the route',
      [404, 405],
      () => send({ sender: people().lea.sender, method: 'GET', path: `${task()}/answer?choice=reject&reason=x` }),
    ],
    [26, 'a PUT of the route', [404, 405], () => lea({}, { method: 'PUT' })],
    [
      27,
      'a PATCH of the task',
      [404, 405],
      () =>
        send({ sender: people().ada.sender, method: 'PATCH', path: task(), body: { status: 'answered', answer: YES } }),
    ],
    [
      28,
      'a DELETE of the task',
      [404, 405],
      () => send({ sender: people().ada.sender, method: 'DELETE', path: task() }),
    ],
    [
      29,
      'a GET that overrides its method',
      [404, 405],
      () => lea({ 'x-http-method-override': 'POST' }, { method: 'GET' }),
    ],
    [
      30,
      'an answer that names another person',
      [...NOT, 400],
      () =>
        send({
          sender: people().eve.sender,
          body: { ...YES, by: { id: people().lea.id, name: 'lea', email: 'lea@example.com' } },
        }),
    ],
    [
      31,
      'an answer that changes who is asked',
      [...NOT, 400],
      () => send({ sender: people().eve.sender, body: { ...YES, to: ['eve@example.com'] } }),
    ],
    [
      32,
      'an answer that replaces the prototype',
      [...NOT, 400],
      () =>
        send({ sender: people().eve.sender, body: '{"choice":"reject","reason":"x","__proto__":{"role":"owner"}}' }),
    ],
    [
      33,
      'a form of another site',
      [400, 415],
      () => lea({ 'content-type': 'application/x-www-form-urlencoded' }, { body: 'choice=reject&reason=x' }),
    ],
    [34, 'a text that another site may send', [400, 415], () => lea({ 'content-type': 'text/plain' })],
  ]
}

async function byTool({ server }: Stage, key: string, task_id: string): Promise<Got> {
  const call = { name: 'answer_task', arguments: { task_id, ...YES } }
  const answer = await fetch(new URL('/mcp', server.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call }),
  })
  const text = await answer.text()
  const isError = answer.status === 200 && text.includes('"isError":true')
  return { status: isError ? 0 : answer.status, text, code: isError ? 'isError' : undefined }
}

async function byCommand({ server }: Stage, taskId: string): Promise<Got> {
  const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey })
  try {
    const { code, out, err } = await line.run(['tasks', 'answer', taskId, 'reject', '--reason', 'I read it'])
    assert.match(err, /belongs to no person/)
    return { status: 0, text: out + err, code: `exit ${code}` }
  } finally {
    line.remove()
  }
}

/** A reviewer's request that is no yes to this task. */
function answers(lea: () => Sender, taskId: () => string, send: Send, kind: 'task' | 'decision'): readonly Attempt[] {
  const given =
    (body: unknown): Attempt[3] =>
    () =>
      send({ sender: lea(), body })
  const at =
    (id: () => string): Attempt[3] =>
    () =>
      send({ sender: lea(), path: `/api/tasks/${id()}/answer` })
  const reasons: readonly Attempt[] = [
    [46, 'an answer without a reason', [400], given({ choice: 'reject' })],
    [47, 'an answer whose reason is spaces', [400], given({ choice: 'reject', reason: ' \t\n ' })],
    [48, 'an answer whose reason is null', [400], given({ choice: 'reject', reason: null })],
  ]
  return [
    [35, 'a choice in another case', [400], given({ ...YES, choice: 'Reject' })],
    [36, 'a choice with a space', [400], given({ ...YES, choice: 'reject ' })],
    [37, 'a choice with a Cyrillic letter', [400], given({ ...YES, choice: 'r\u0435ject' })],
    [38, 'a choice in a list', [400], given({ ...YES, choice: ['reject'] })],
    [39, 'no choice', [400], given({ reason: 'x' })],
    [40, 'a list of answers', [400], given([YES])],
    [41, 'an answer that is no JSON', [400], given('{"choice": "reject", "reason": "x"')],
    [42, 'fields that the task does not have', [400], given({ ...YES, fields: { outcome: 'reject' } })],
    [43, 'the id of a task in upper case', [404], at(() => taskId().toUpperCase())],
    [44, 'the id of a task with a zero byte', [400, 404], at(() => `${taskId()}%00`)],
    [45, 'the id of no task', [404], at(() => `task_${'0'.repeat(26)}`)],
    ...(kind === 'decision' ? reasons : []),
  ]
}
