/** Notices of tasks, what privacy rules and erasures do with tasks, and the command line and MCP of a person. */

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { SMTPServer } from 'smtp-server'
import { createCommandLine } from '../../../helpers/command-line.ts'
import { ended, make, OK, runIdOf, waiting } from '../../../helpers/durable.ts'
import { createOwner, createPerson, type Person, type Sender } from '../../../helpers/roles.ts'
import { readAnswer, startServer, type TestServer } from '../../../helpers/server.ts'
import { callHook, must, type RunBody, until, type WorkflowBody } from '../../../helpers/workflows.ts'

type Task = { id: string; title: string; data: unknown; answer: { choice: string; reason: string | null } | null }

const mails: { readonly to: readonly string[]; readonly text: string }[] = []
const posts: { type: string; task?: { id: string; title: string; url: string }; run: unknown }[] = []
let receiver: Server
let smtp: SMTPServer
let server: TestServer
let owner: Person
let lea: Person
let key: string

before(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      posts.push(JSON.parse(body))
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const { port } = receiver.address() as AddressInfo
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8').replaceAll('=\r\n', '').replaceAll('=3D', '=')
        mails.push({ to: envelope.rcptTo.map(({ address }) => address), text })
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
      WORKFLOWS_SMTP_URL: `smtp://127.0.0.1:${mailPort}?from=tasks@example.com`,
    },
  })
  owner = await createOwner(server)
  lea = await createPerson(server, 'approver', 'lea')
  key = (
    await must(as<{ key: string }>(owner.sender, 'POST', '/api/keys', { name: 'k', scopes: ['read', 'run'] }), 201)
  ).key
  const config = {
    url: `http://127.0.0.1:${port}/`,
    secret: `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`,
  }
  const { id } = await must(server.api('POST', '/api/channels', { name: 'hr', type: 'webhook', config }), 201)
  await must(server.api('PUT', '/api/system/alerts', { channels: [id], on: ['dead_letter'] }), 200)
})
after(async () => {
  await server?.close()
  receiver.closeAllConnections()
  receiver.close()
  await new Promise<void>((done) => smtp.close(() => done()))
})

async function as<T = Task>(sender: Sender, method: string, path: string, body?: unknown) {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  const init = {
    method,
    headers: { ...sender, ...json },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  return await readAnswer<T>(await fetch(new URL(path, server.url), init))
}
const call = async (workflow: WorkflowBody, body: object = {}) => runIdOf(await callHook(workflow, body))
const taskOf = async (id: string): Promise<string> => {
  const run = await waiting(server, id)
  return (run.waiting_for as { task_id: string }[])[0]?.task_id ?? ''
}
const ASK = `answer = ask("a", title="Hire?", text="secret text", data={"name": _request["name"]}, to=["owners", "lea@example.com"], remind="1s")
x = [answer.choice, answer.reason]
${OK}`

test('ST82 a mail and a channel get title and link without data, again while the task is open, and the starter none', async () => {
  await must(as(lea.sender, 'PATCH', '/api/me', { language: 'fr' }), 200)
  const workflow = await make(server, ASK)
  const started = await must(
    as<RunBody>(owner.sender, 'POST', `/api/workflows/${workflow.id}/runs`, { request: { body: { name: 'Grace' } } }),
    200,
  )
  const id = await taskOf(started.id)
  const own = () => mails.filter(({ text }) => text.includes(`${server.url}/tasks/${id}`))
  await until(async () => own().length >= 2 && posts.filter(({ task }) => task?.id === id).length >= 2)
  for (const { to, text } of own()) {
    assert.deepEqual(to, ['lea@example.com'])
    assert.match(text, /Ouvrir la t/)
    assert.doesNotMatch(text, /Grace|secret text/)
  }
  const post = posts.find(({ task }) => task?.id === id)
  assert.deepEqual(
    [post?.type, post?.task, post?.run],
    ['workflow.task', { id, title: 'Hire?', url: `${server.url}/tasks/${id}` }, null],
  )
  assert.equal((await as({}, 'GET', `/api/tasks/${id}`)).status, 401)
  await must(as(lea.sender, 'POST', `/api/tasks/${id}/answer`, { choice: 'approve' }), 200)
  await until(async () => {
    const { body } = await server.api<{ data: { type: string; status: string }[] }>(
      'GET',
      `/api/alerts?workflow_id=${workflow.id}`,
    )
    return body.data.length === 2 && body.data.every(({ type, status }) => type === 'task' && status === 'sent')
  })
  assert.equal((await ended(server, started.id)).status, 'succeeded')
})

test('ST101 privacy rules and secrets hide parts of a task and of its answer, and the function gets all of them', async () => {
  const workflow = await make(server, ASK, {
    privacy: { redact: [{ path: 'body.name', in: ['answer'], with: 'mask' }] },
  })
  await must(
    server.api('PUT', `/api/workflows/${workflow.id}/settings/TOKEN`, { value: 'swordfish-9', secret: true }),
    200,
  )
  const run = await call(workflow, { name: 'Grace' })
  const id = await taskOf(run)
  const task = await must(as(lea.sender, 'GET', `/api/tasks/${id}`), 200)
  assert.doesNotMatch(JSON.stringify(task), /Grace/)
  const given = { choice: 'approve', reason: 'swordfish-9 said so' }
  const answered = await must(as(lea.sender, 'POST', `/api/tasks/${id}/answer`, given), 200)
  assert.equal(answered.answer?.reason, '*** said so')
  const { response } = await ended(server, run)
  assert.match(JSON.stringify(response), /said so/)
  const audit = await must(server.api('GET', '/api/audit?action=task.answer'), 200)
  assert.doesNotMatch(JSON.stringify(audit), /swordfish/)
})

test('ST102 tasks are found, exported and erased with their run', async () => {
  const workflow = await make(server, ASK)
  const run = await call(workflow, { name: 'Zoe Zimmermann' })
  const id = await taskOf(run)
  await must(as(lea.sender, 'POST', `/api/tasks/${id}/answer`, { choice: 'reject', reason: 'Not Zoe Zimmermann' }), 200)
  await ended(server, run)
  const find = { value: 'Zoe Zimmermann' }
  const { data } = await must(server.api<{ data: { run_id: string }[] }>('POST', '/api/privacy/find', find), 200)
  assert.deepEqual(
    data.map((one) => one.run_id),
    [run],
  )
  const exported = await must(server.api<{ runs: { tasks: Task[] }[] }>('POST', '/api/privacy/export', find), 200)
  assert.equal(exported.runs[0]?.tasks[0]?.answer?.reason, 'Not Zoe Zimmermann')
  const open = await call(workflow, { name: 'Zoe Zimmermann' })
  const other = await taskOf(open)
  const erasure = { ...find, run_ids: [run, open] }
  const refused = await server.api('POST', '/api/privacy/erase', erasure)
  assert.deepEqual([refused.status, refused.body.code], [409, 'run_waits'])
  await must(server.api('POST', '/api/privacy/erase', { ...erasure, cancel_waiting: true }), 200)
  for (const gone of [id, other]) assert.equal((await as(owner.sender, 'GET', `/api/tasks/${gone}`)).status, 404)
})

test('the command line and MCP list tasks and answer for the person who made the key, by the same rule', async () => {
  const workflow = await make(server, ASK)
  const [first, second] = [
    await taskOf(await call(workflow, { name: 'a' })),
    await taskOf(await call(workflow, { name: 'b' })),
  ]
  const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: key })
  try {
    const list = await line.run(['tasks', 'list', '--mine'])
    assert.match(list.out, new RegExp(`${first} +open`))
    const shown = await line.run(['tasks', 'show', first])
    assert.match(shown.out, /Hire\?\nsecret text\n\{\s+"name": "a"/)
    const done = await line.run(['tasks', 'answer', first, 'approve', '--reason', 'Fine'])
    assert.deepEqual([done.code, done.out], [0, 'Hire?: approve\n'])
    const late = await line.run(['tasks', 'answer', first, 'reject'])
    assert.deepEqual([late.code, /Ada answered the task/.test(late.err)], [1, true])
    const wrong = await line.run(['tasks', 'answer', first, 'reject', '--fields', '[]'])
    assert.equal(wrong.code, 2)
  } finally {
    line.remove()
  }
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', server.url), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    }),
  )
  const tool = async (name: string, given: object) =>
    (await client.callTool({ name, arguments: { ...given } })) as { isError?: boolean; content: { text: string }[] }
  const listed = await tool('list_tasks', { status: 'open', workflow_id: workflow.id })
  assert.match(listed.content[0]?.text ?? '', new RegExp(second))
  const answered = await tool('answer_task', { task_id: second, choice: 'approve' })
  assert.match(answered.content[0]?.text ?? '', /"answered"/)
  const started = await must(
    as<RunBody>({ authorization: `Bearer ${key}` }, 'POST', `/api/workflows/${workflow.id}/runs`, {
      request: { body: { name: 'c' } },
    }),
    200,
  )
  const refused = await tool('answer_task', { task_id: await taskOf(started.id), choice: 'approve' })
  assert.deepEqual([refused.isError, /may_not_answer/.test(refused.content[0]?.text ?? '')], [true, true])
  await client.close()
})
