/** Ways to answer the task of a run that Bob started by hand, or to get past it. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCommandLine } from '../../helpers/command-line.ts'
import type { Sender } from '../../helpers/roles.ts'
import { readAnswer } from '../../helpers/server.ts'
import { must, until } from '../../helpers/workflows.ts'
import type { Cast, Key, Question } from './stage.ts'

export const PASSWORD = 'correct horse battery'
const YES = { choice: 'approve' }
const REFUSED = [400, 401, 403, 404, 405, 409, 415]

type Scene = { readonly cast: Cast; readonly question: Question; readonly keys: Readonly<Record<string, Key>> }
type Sent = {
  readonly sender?: Sender
  readonly method?: string
  readonly path?: string
  readonly headers?: Sender
  readonly body?: unknown
}
type Attempt = (scene: Scene) => Promise<void>

/** All attempts are on one run. */
export function answerAttacks(castOf: () => Cast): void {
  let scene: Scene
  before(async () => {
    const cast = castOf()
    const question = await cast.questionOf(await cast.byHand(cast.bob.sender))
    scene = { cast, question, keys: await makeKeys(cast) }
  })
  describe('each attempt', { concurrency: 8 }, () =>
    Object.entries({ ...REQUESTS, ...OTHERS }).forEach(([name, attempt], index) => {
      test(`T100-${301 + index} ${name}`, async () => {
        await attempt(scene)
        await scene.cast.isOpen(scene.question, name)
      })
    }),
  )
  after(() => scene.cast.leaAnswers(scene.question))
}

async function makeKeys({ bob, keyOf, as }: Cast): Promise<Scene['keys']> {
  const [revoked, reads, second] = await Promise.all([
    keyOf(bob.sender, ['read', 'run']),
    keyOf(bob.sender, ['read']),
    keyOf(bob.sender, ['read', 'run']),
  ])
  await must(as(bob.sender, 'DELETE', `/api/keys/${revoked.id}`), 204)
  return { revoked, reads, second }
}

/** Fails if the request gets another status than the expected ones. */
async function send({ cast, question }: Scene, sent: Sent, expected: readonly number[] = REFUSED): Promise<void> {
  const { sender = cast.bob.sender, method = 'POST', path = `/api/tasks/${question.taskId}/answer` } = sent
  const { headers = {}, body = YES } = sent
  const given = typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body)
  const answer = await fetch(new URL(path, cast.server.url), {
    method,
    headers: { ...(given instanceof FormData ? {} : { 'content-type': 'application/json' }), ...sender, ...headers },
    ...(method === 'GET' ? {} : { body: given }),
  })
  const { status, text } = await readAnswer(answer)
  assert.ok(expected.includes(status), `${status} ${text}`)
}

const request =
  (sent: Sent | ((scene: Scene) => Sent), ...expected: readonly number[]): Attempt =>
  (scene) =>
    send(scene, typeof sent === 'function' ? sent(scene) : sent, expected.length === 0 ? REFUSED : expected)
const asLea = ({ cast }: Scene) => ({ id: cast.lea.id, name: 'lea', email: 'lea@example.com' })
const form = (): FormData => {
  const data = new FormData()
  data.set('choice', 'approve')
  return data
}

const REQUESTS: Readonly<Record<string, Attempt>> = {
  'an answer with a reason': request({ body: { ...YES, reason: 'I am sure' } }, 403),
  'an answer without approval': request({ body: { choice: 'reject' } }, 403),
  'an answer by another key of theirs': request(({ keys }) => ({ sender: keys.second?.sender ?? {} }), 403),
  'an answer by a key that may only read': request(({ keys }) => ({ sender: keys.reads?.sender ?? {} }), 403),
  'an answer by a revoked key': request(({ keys }) => ({ sender: keys.revoked?.sender ?? {} }), 401),
  'an answer by an expired key': async (scene) => {
    const { sender } = scene.cast.short
    await until(async () => (await scene.cast.as(sender, 'GET', '/api/tasks')).status === 401)
    await send(scene, { sender }, [401])
  },
  'an answer with a session and a key': request(({ cast: { bob } }) => ({ headers: bob.key.sender }), 401, 403),
  'an answer by the key of the server': request(({ cast }) => ({ sender: bearer(cast.server.apiKey) }), 403),
  'an answer with no credentials': request({ sender: {} }, 401),
  'an answer with the password in a header': request(
    { sender: { authorization: `Basic ${btoa(`bob@example.com:${PASSWORD}`)}` } },
    401,
  ),
  'an answer with the key in the query': request(
    ({ cast: { bob }, question }) => ({
      sender: {},
      path: `/api/tasks/${question.taskId}/answer?api_key=${bob.key.key}&access_token=${bob.key.key}`,
    }),
    400,
    401,
  ),
  'an answer with the key as a cookie': request(
    ({ cast: { bob } }) => ({ sender: { cookie: `workflows.session_token=${bob.key.key}` } }),
    401,
  ),
  'an answer with the signature of their cookie on the session of another person': request(({ cast: { bob, lea } }) => {
    const [name, mine = ''] = (bob.sender.cookie ?? '').split('=')
    const theirs = (lea.sender.cookie ?? '').split('=')[1] ?? ''
    const forged = `${decodeURIComponent(theirs).slice(0, -8)}${decodeURIComponent(mine).slice(-8)}`
    return { sender: { ...bob.sender, cookie: `${name}=${encodeURIComponent(forged)}` } }
  }, 401),
  'an answer with two cookies of one name': request(
    ({ cast: { bob } }) => ({ headers: { cookie: `${bob.sender.cookie}; ${bob.sender.cookie?.split('=')[0]}=lea` } }),
    401,
    403,
  ),
  'an answer from another site': request({ headers: { origin: 'https://evil.example' } }, 403),
  'an answer with headers that name another person': request(
    { headers: { 'x-forwarded-user': 'lea@example.com', 'remote-user': 'lea', 'x-user-id': 'lea' } },
    403,
  ),
  'an answer with headers that name another address': request(
    { headers: { 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '10.0.0.1', forwarded: 'for=10.0.0.1' } },
    403,
  ),
  'an answer in the name of another person': request((scene) => ({ body: { ...YES, by: asLea(scene) } }), 400, 403),
  'an answer on behalf of another person': request(
    (scene) => ({ body: { ...YES, on_behalf_of: asLea(scene).id } }),
    400,
    403,
  ),
  'an answer that changes who is asked': request({ body: { ...YES, to: ['bob@example.com'] } }, 400, 403),
  'an answer that changes the state of the task': request({ body: { ...YES, status: 'answered' } }, 400, 403),
  'an answer that says that they may': request({ body: { ...YES, may_answer: true, why_not: null } }, 400, 403),
  'an answer that says that nobody started the run': request({ body: { ...YES, starters: [] } }, 400, 403),
  'an answer with a prototype': request({ body: `{"choice":"approve","__proto__":{"starters":[]}}` }, 400, 403),
  'an answer with two choices': request({ body: '{"choice":"reject","choice":"approve"}' }, 400, 403),
  'an answer as a list of answers': request({ body: [YES, YES] }, 400),
  'an answer after a byte order mark': request({ body: `\uFEFF${JSON.stringify(YES)}` }, 400, 403),
  'an answer as a form': request(
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'choice=approve' },
    400,
    415,
  ),
  'an answer as a form with parts': request(() => ({ body: form() }), 400, 415),
  'an answer as plain text': request({ headers: { 'content-type': 'text/plain' } }, 400, 415),
  'an answer as JSON of another kind': request({ headers: { 'content-type': 'application/merge-patch+json' } }),
  'an answer by GET': request(
    ({ question }) => ({ method: 'GET', path: `/api/tasks/${question.taskId}/answer?choice=approve` }),
    404,
    405,
  ),
  'an answer by PUT': request({ method: 'PUT' }, 404, 405),
  'an answer by PATCH': request({ method: 'PATCH' }, 404, 405),
  'an answer by a method in a header': request(
    { method: 'GET', headers: { 'x-http-method-override': 'POST' } },
    404,
    405,
  ),
  'an answer by a method in the query': request(
    ({ question }) => ({ method: 'GET', path: `/api/tasks/${question.taskId}/answer?_method=POST` }),
    404,
    405,
  ),
  'an answer by a change of the task': request(
    ({ question }) => ({ method: 'PATCH', path: `/api/tasks/${question.taskId}`, body: { status: 'answered' } }),
    404,
    405,
  ),
  'an answer by the end of the task': request(
    ({ question }) => ({ method: 'DELETE', path: `/api/tasks/${question.taskId}` }),
    404,
    405,
  ),
  'an answer at a path with a slash at its end': request(({ question }) => ({
    path: `/api/tasks/${question.taskId}/answer/`,
  })),
  'an answer at a path with two slashes': request(({ question }) => ({
    path: `/api//tasks/${question.taskId}/answer`,
  })),
  'an answer at a path in capital letters': request(({ question }) => ({
    path: `/API/TASKS/${question.taskId}/ANSWER`,
  })),
  'an answer at a path with dots': request(({ question }) => ({
    path: `/api/tasks/x/%2e%2e/${question.taskId}/answer`,
  })),
  'an answer to an encoded id': request(({ question }) => ({
    path: `/api/tasks/%74${question.taskId.slice(1)}/answer`,
  })),
  'an answer to an id in capital letters': request(
    ({ question }) => ({ path: `/api/tasks/${question.taskId.toUpperCase()}/answer` }),
    404,
  ),
  'an answer to the id of the run': request(({ question }) => ({ path: `/api/tasks/${question.runId}/answer` }), 404),
}

const bearer = (key: string): Sender => ({ authorization: `Bearer ${key}` })
const runPath = ({ question }: Scene) => `/api/runs/${question.runId}`

export async function signIn({ server }: Cast, email: string, password: string): Promise<Sender> {
  const own = { origin: server.url, 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(new URL('/api/auth/sign-in/email', server.url), {
    method: 'POST',
    headers: { ...own, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  assert.equal(answer.status, 200)
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0])
  return { ...own, cookie: cookies.join('; ') }
}

const OTHERS: Readonly<Record<string, Attempt>> = {
  async 'an answer in a session of another sign-in'(scene) {
    await send(scene, { sender: await signIn(scene.cast, 'Bob@Example.com', PASSWORD) }, [403])
  },
  async 'an answer in a session that has ended'(scene) {
    const sender = await signIn(scene.cast, 'Bob@Example.com', PASSWORD)
    await must(scene.cast.as(sender, 'POST', '/api/auth/sign-out', {}), 200)
    await send(scene, { sender }, [401])
  },
  async 'sixteen answers at the same time'(scene) {
    const { bob } = scene.cast
    const senders = [bob.sender, bob.key.sender, bob.inner.sender, scene.keys.second?.sender ?? {}]
    await Promise.all(
      Array.from({ length: 16 }, (_, index) => send(scene, { sender: senders[index % 4] ?? {} }, [403])),
    )
  },
  async 'the tool of agents with a key that their key made'({ cast, question }) {
    const given = { task_id: question.taskId, ...YES }
    assert.match(await cast.tool(cast.bob.inner.sender, 'answer_task', given), /"isError":true/)
  },
  async 'the tool of agents with a session'({ cast, question }) {
    const text = await cast.tool(cast.bob.sender, 'answer_task', { task_id: question.taskId, ...YES })
    assert.doesNotMatch(text, /"status\\*":\\*"answered/)
  },
  async 'the tool of agents with the name of another person'(scene) {
    const given = { task_id: scene.question.taskId, ...YES, by: asLea(scene) }
    assert.match(await scene.cast.tool(scene.cast.bob.key.sender, 'answer_task', given), /[eE]rror/)
  },
  async 'the tool that wakes runs'({ cast, question }) {
    const given = { run_id: question.runId, name: 'fit' }
    assert.match(await cast.tool(cast.bob.key.sender, 'wake_run', given), /"isError":true/)
  },
  async 'the command line'({ cast, question }) {
    const line = createCommandLine({ WORKFLOWS_URL: cast.server.url, WORKFLOWS_API_KEY: cast.bob.key.key })
    try {
      const { code, err } = await line.run(['tasks', 'answer', question.taskId, 'approve'])
      assert.equal(code, 1)
      assert.match(err, /You started this run/)
    } finally {
      line.remove()
    }
  },
  async 'a wake of the run'(scene) {
    await send(scene, { path: `${runPath(scene)}/wake`, body: {} }, [409])
  },
  async 'a wake of the run by the name of the task'(scene) {
    await send(scene, { path: `${runPath(scene)}/wake`, body: { name: 'fit' } }, [409])
  },
  async 'an event with the name of the task'(scene) {
    await send(scene, { path: `${runPath(scene)}/events/fit`, body: { body: YES } }, [202])
  },
  async 'an event with the fields of an answer'(scene) {
    const body = { body: { ...YES, by: asLea(scene), at: 0 }, headers: { 'x-kind': 'task' } }
    await send(scene, { path: `${runPath(scene)}/events/task`, body }, [202])
  },
  async 'the URL of a wait with the id of the task'(scene) {
    await send(scene, { path: `/hooks/waits/${scene.question.taskId}` }, [404])
  },
  async 'the URL of a wait with a token of their own'(scene) {
    const token = Buffer.from(JSON.stringify({ run: scene.question.runId, name: 'fit' })).toString('base64url')
    await send(scene, { path: `/hooks/waits/${token}` }, [404])
  },
  async 'the hook with the fields of an answer'({ cast, question }) {
    const sent = { answers: { fit: YES }, task_id: question.taskId }
    await cast.asleep(cast.asks, sent)
  },
  async 'the answers of a test'({ cast }) {
    const fields = { keep_settings: false, answers: { fit: YES } }
    await cast.byHand(cast.bob.sender, {}, cast.asks, fields)
  },
  async 'the answers of a run that is no test'(scene) {
    const body = { request: { body: {} }, answers: { fit: YES } }
    await send(scene, { path: `/api/workflows/${scene.cast.asks.id}/runs`, body }, [400])
  },
  async 'a step of the run by the API'(scene) {
    await send(scene, { path: `${runPath(scene)}/steps`, body: { kind: 'task', name: 'fit', result: YES } }, [404, 405])
  },
  async 'a change of the run by the API'(scene) {
    await send(scene, { method: 'PATCH', path: runPath(scene), body: { status: 'succeeded' } }, [404, 405])
  },
  async 'a replay of the waiting run from its steps'(scene) {
    await send(scene, { path: `${runPath(scene)}/replay`, body: { from: 'steps' } }, [409])
  },
  async 'a replay of the waiting run from its steps on a version'(scene) {
    await send(scene, { path: `${runPath(scene)}/replay`, body: { from: 'steps', version: 1 } }, [409])
  },
  async 'a replay that they cancel'({ cast, question }) {
    const id = await cast.post(cast.bob.sender, `/api/runs/${question.runId}/replay`)
    const other = await cast.questionOf(id)
    await must(cast.as(cast.bob.sender, 'POST', `/api/runs/${id}/cancel`, {}), 200)
    const late = await cast.answer(cast.bob.sender, other.taskId, YES)
    assert.equal(late.status, 403)
    const steps = await cast.as(cast.bob.sender, 'POST', `/api/runs/${id}/replay`, { from: 'steps' })
    assert.equal(steps.status, 409)
  },
  async 'settings with the name of the task'({ cast }) {
    for (const name of ['fit', 'task', 'answers'])
      await must(
        cast.as(cast.bob.sender, 'PUT', `/api/workflows/${cast.asks.id}/settings/${name}`, { value: YES }),
        200,
      )
  },
  async 'a list of editors with only them'({ cast }) {
    const path = `/api/workflows/${cast.asks.id}`
    await must(cast.as(cast.bob.sender, 'PATCH', path, { editors: [cast.bob.id] }), 200)
    await must(cast.as(cast.bob.sender, 'PATCH', path, { editors: null }), 200)
  },
  async 'an account by the library of sign-ins'(scene) {
    const body = { email: 'bob2@example.com', password: PASSWORD, name: 'bob' }
    await send(scene, { path: '/api/auth/sign-up/email', body }, [404])
  },
  async 'the session of another person by the library of sign-ins'(scene) {
    await send(scene, { path: '/api/auth/admin/impersonate-user', body: { userId: scene.cast.lea.id } }, [404])
  },
  async 'another address by the library of sign-ins'(scene) {
    await send(scene, { path: '/api/auth/change-email', body: { newEmail: 'bob2@example.com' } }, [404])
  },
  async 'another address by a change of the account'(scene) {
    await send(scene, { path: '/api/auth/update-user', body: { email: 'bob2@example.com' } }, [400])
    await send(scene, {}, [403])
  },
  async 'a second account with their address in capital letters'({ cast }) {
    const invited = await cast.as<{ url: string }>(cast.bob.sender, 'POST', '/api/invitations', {
      email: 'BOB@example.com',
      role: 'owner',
    })
    if (invited.status !== 201) return assert.equal(invited.status, 409)
    const token = invited.body.url.split('#token=')[1]
    const accepted = await cast.as({}, 'POST', '/api/invitations/accept', { token, name: 'bob', password: PASSWORD })
    assert.equal(accepted.status, 409)
  },
}
