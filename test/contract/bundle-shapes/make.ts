/** Makes the bundles of shapes on a server. */

import assert from 'node:assert/strict'
import { ended, runIdOf, waiting } from '../../helpers/durable.ts'
import { callAs, createOwner, createPerson, type Person } from '../../helpers/roles.ts'
import type { TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, createPull, must, type WorkflowBody } from '../../helpers/workflows.ts'
import { type Shape, shapeOf } from './shapes.ts'

export type Made = { readonly bytes: Uint8Array; readonly shape: Shape }
type Decided = { readonly id: string; readonly run_id: string }

const AT_ONCE = 4
const SECRET = 'hush-hush-4711-secret'
const EMPTY = { python: 'def workflow(*_given):\n    return None\n', script: 'export default () => null\n' } as const

/** `url` is the target of the calls. */
export async function makeBundles(server: TestServer, count: number, url: string): Promise<readonly Made[]> {
  const lea = createOwner(server).then(() => createPerson(server, 'editor', 'lea'))
  const made: Made[] = []
  while (made.length < count) {
    const next = Array.from({ length: Math.min(AT_ONCE, count - made.length) }, (_, at) => made.length + at)
    const bundles = next.map(async (index) => {
      const shape = shapeOf(index, url)
      return { shape, bytes: await makeBundle(server, lea, shape, index) }
    })
    const [, ...done] = await Promise.all([lea, ...bundles])
    made.push(...done)
  }
  return made
}

async function makeBundle(server: TestServer, lea: Promise<Person>, shape: Shape, index: number): Promise<Uint8Array> {
  const { source, files, settings, request, fields, language } = shape
  const create = shape.isPull ? createPull : createCatch
  const workflow = await create(server, { source: EMPTY[language], settings, ...fields })
  const path = `/api/workflows/${workflow.id}`
  await must(server.api('PUT', `${path}/settings/TOKEN`, { value: SECRET, secret: true }), 200)
  await must(server.api('POST', `${path}/versions`, { source, files }), 201)
  const runId = await run(server, lea, workflow, shape, request)
  if (shape.isNextErased) await eraseNext(server, lea, workflow, shape, `bo${index}@example.com`)
  const decision = (await decisionsOf(server, workflow)).find(({ run_id }) => run_id === runId)
  const answer = await bundleOf(server, decision)
  assert.equal(answer.status, 200, `${shape.parts}: ${await answer.clone().text()}`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  assert.equal(Buffer.from(bytes).includes(SECRET), false)
  return bytes
}

/** Returns the id of the run after its end. */
async function run(server: TestServer, lea: Promise<Person>, workflow: WorkflowBody, shape: Shape, request: object) {
  const runId = shape.isPull
    ? (await must(server.api<{ id: string }>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)).id
    : runIdOf(await callHook(workflow, request))
  while (shape.isOverseen && (await agrees(server, await lea, runId)));
  const { status, message } = await ended(server, runId)
  assert.equal(status, 'succeeded', `${shape.parts}: ${message}\n${shape.source}`)
  return runId
}

/** Another person is decided about, and erased. Their decision has no bundle any more. */
async function eraseNext(
  server: TestServer,
  lea: Promise<Person>,
  workflow: WorkflowBody,
  shape: Shape,
  email: string,
) {
  const runId = await run(server, lea, workflow, shape, { ...shape.request, email, name: 'Bo' })
  await must(server.api('POST', '/api/privacy/erase', { value: email, run_ids: [runId] }), 200)
  const erased = (await decisionsOf(server, workflow)).find(({ run_id }) => run_id === runId)
  const answer = await bundleOf(server, erased)
  assert.equal(answer.status, 409, `${shape.parts}: ${runId}`)
}

async function decisionsOf(server: TestServer, { id }: WorkflowBody): Promise<readonly Decided[]> {
  return (await must(server.api<{ data: Decided[] }>('GET', `/api/decisions?workflow_id=${id}`), 200)).data
}

async function bundleOf(server: TestServer, decision: Decided | undefined): Promise<Response> {
  const headers = { Authorization: `Bearer ${server.apiKey}` }
  return await fetch(`${server.url}/api/decisions/${decision?.id}/bundle`, { headers })
}

/** Lea agrees to the proposal of the run. Returns false if the run waits for no person. */
async function agrees(server: TestServer, lea: Person, runId: string): Promise<boolean> {
  const { body } = await server.api<{ status: string }>('GET', `/api/runs/${runId}`)
  if (!['queued', 'running', 'waiting'].includes(body.status)) return false
  const run = await waiting(server, runId).catch(() => null)
  const [wait] = (run?.waiting_for ?? []) as { task_id: string }[]
  if (wait === undefined) return run !== null
  const task = `/api/tasks/${wait.task_id}`
  const { choices } = await must(callAs<{ choices: string[] }>(server, lea.sender, 'GET', task), 200)
  await callAs(server, lea.sender, 'POST', `${task}/answer`, { choice: choices[0], reason: 'I read it' })
  return true
}
