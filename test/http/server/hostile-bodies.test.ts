/** Every route that there is, and every hostile body, as anybody, a viewer and an editor who may not edit a workflow. */

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type HostileBody, hostileBodies } from '../../helpers/hostile-bodies.ts'
import { heldBy, memoryOf, withHeld } from '../../helpers/memory.ts'
import { createOwner, createPerson, type Sender } from '../../helpers/roles.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'
const WAITING = `
from workflows import wait_for
def workflow(_request, settings):
    wait_for("answer", within="1d")
`
/** `CALLERS=1`: what one caller can do to others. */
const CONNECTIONS = Number(process.env.CALLERS ?? 4)
const PATIENCE_MS = 60_000
/** The heap may grow by this, and resident memory too, for which it collects its garbage. */
const FLAT_MIB = 64
/** Seconds of processor time of the loop between two looks at it. */
const PROMISED = '0.1'
/** Never more. Tests share processors, and the same work takes up to twice the time of one that shares its caches. */
const MAX_BUSY = '0.25'
/** So many of the thousands of calls may be disturbed by other programs. */
const DISTURBED = 3
/** The paths of better-auth's handler; the last ones end the sessions that this test uses. */
const ACCOUNT_PATHS = ['sign-in/email', 'sign-in/social', 'change-password', 'update-user', 'two-factor/enable']
const LATE_PATHS = ['two-factor/verify-totp', 'passkey/verify-authentication', 'passkey/verify-registration', 'nothing']
const ENDING_PATHS = ['revoke-session', 'revoke-other-sessions', 'revoke-sessions', 'sign-out']

/** Of the others, Fastify takes a body of none. */
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

type Route = { readonly method: string; readonly url: string }
type Job = Route & { readonly sender: Sender; readonly hostile: HostileBody }
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { requestBody?: unknown }>>>>
}

let server: TestServer
let open: WorkflowBody
let restricted: WorkflowBody
let runId: string
let waitUrl: string
let senders: Readonly<Record<'anybody' | 'viewer' | 'editor', Sender>>
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

before(async () => {
  const preload = join(import.meta.dirname, '../../helpers/print-routes.ts')
  server = await startServer({
    unwatched: 'the test counts the held turns, of which other programs may cause some',
    through: ([file = '', ...args]) => withHeld([file, '--import', preload, ...args]),
  })
  await createOwner(server)
  const viewer = await createPerson(server, 'viewer', 'vera')
  const editor = await createPerson(server, 'editor', 'edda')
  senders = { anybody: {}, viewer: viewer.sender, editor: editor.sender }
  open = await createCatch(server, { source: SOURCE })
  restricted = await createCatch(server, { source: SOURCE, editors: [] })
  runId = (await must(server.api<{ id: string }>('POST', `/api/workflows/${open.id}/runs`, {}), 200)).id
  waitUrl = await createWait()
})
after(async () => {
  agent.destroy()
  await server.close()
})

/** Returns the path that ends the wait of a run. */
async function createWait(): Promise<string> {
  type Waiting = { readonly waiting_for: readonly { readonly url: string }[] | null }
  const { id } = await createCatch(server, { source: WAITING })
  const { body: run } = await server.api<{ id: string }>('POST', `/api/workflows/${id}/runs`, {})
  const waits = await until(
    async () => (await must(server.api<Waiting>('GET', `/api/runs/${run.id}`), 200)).waiting_for,
  )
  return new URL(waits[0]?.url ?? '').pathname
}

/** All routes of Fastify, and those that it does not know. */
function listRoutes(): readonly Route[] {
  const printed = [...server.output().matchAll(/^route ([A-Z]+) (\S+)$/gm)]
  const known = printed.map(([, method = '', url = '']): Route => ({ method, url }))
  const hook = new URL(open.hook_url).pathname
  const others = [
    '/nothing',
    '/api/nothing',
    '/hooks/nothing',
    '/hooks/answers/nothing',
    '/hooks/waits/nothing',
    hook,
    waitUrl,
  ]
  const posts = others.map((url): Route => ({ method: 'POST', url }))
  const routes = [...known.filter(({ method, url }) => METHODS.has(method) && !url.startsWith('/assets/')), ...posts]
  const accounts = [...ACCOUNT_PATHS, ...LATE_PATHS, ...ENDING_PATHS]
  const expanded = routes.flatMap(({ method, url }): Route[] =>
    url.startsWith('/api/auth/*') ? accounts.map((path) => ({ method, url: `/api/auth/${path}` })) : [{ method, url }],
  )
  return [...new Map(expanded.map((route) => [`${route.method} ${route.url}`, route])).values()]
}

const pathOf = (url: string, workflow: WorkflowBody): string =>
  url
    .replace('/workflows/:id', `/workflows/${workflow.id}`)
    .replace('/runs/:id', `/runs/${runId}`)
    .replace(':number', '1')
    .replaceAll(/:\w+|\*/g, 'x')

/** The names in the body that the document describes. */
function fieldsOf({ paths }: Document, { method, url }: Route): readonly string[] {
  const operation = paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
  const names = [...JSON.stringify(operation?.requestBody ?? {}).matchAll(/"properties":\{"([^"]+)"|\},"([^"]+)":\{/g)]
  const found = names.map(([, first, next]) => first ?? next ?? '')
  return found.length === 0 ? ['email', 'name', 'password', 'id', 'method', 'params'] : [...new Set(found)].slice(0, 12)
}

/** Returns the status; 0 where the server closed the connection without one. */
function send({ method, url, sender, hostile }: Job): Promise<number> {
  return new Promise((done, fail) => {
    const headers = { ...hostile.headers, ...sender, 'content-length': hostile.body.length }
    const outgoing = request(new URL(url, server.url), { method, agent, headers }, (incoming) => {
      const status = incoming.statusCode ?? 0
      // A stream of events does not end.
      if (/event-stream/.test(incoming.headers['content-type'] ?? '')) incoming.destroy()
      incoming.resume().on('error', () => done(status))
      incoming.on('close', () => done(status))
    })
    outgoing.setTimeout(PATIENCE_MS, () => fail(new Error(`no answer came to ${method} ${url}: ${hostile.name}`)))
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? done(0) : fail(error),
    )
    outgoing.end(hostile.body)
  })
}

/** How many looks at the loop found that it had computed for longer than promised. */
async function countHeld(bound: string): Promise<number> {
  const { text } = await server.api('GET', '/metrics')
  const read = (line: string) =>
    Number(new RegExp(`^workflows_event_loop_busy_seconds_${line} (\\S+)$`, 'm').exec(text)?.[1])
  return read('count') - read(`bucket\\{le="${bound}"\\}`)
}

/** Sends all of them over few connections. Returns those that the server did not answer, or answered with 5xx. */
async function sendAll(jobs: readonly Job[]): Promise<readonly string[]> {
  const wrong: string[] = []
  await inParallel(jobs, async (job) => {
    const status = await send(job)
    if (status === 0 || status >= 500) wrong.push(`${status} ${job.method} ${job.url}: ${job.hostile.name}`)
  })
  return wrong
}

async function inParallel<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all].reverse()
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await work(one)
  })
  await Promise.all(workers)
}

test('Z3-02 Z3-98 no body on any route ends or holds the server, fills its memory or gets a 5xx, whoever sends it', async (t) => {
  const { body: document } = await server.api<Document>('GET', '/api/openapi.json')
  const routes = listRoutes()
  assertAllKnown(document, routes)
  const taking = await findTaking(routes)
  const jobs = taking.flatMap((route, index) => jobsOf(document, route, index))
  // Making the bodies holds this process for longer than the 5 s after which the server closes an idle connection.
  agent.destroy()
  // What is loaded and compiled by first calls stays.
  assert.deepEqual(await sendAll(jobs.filter((_, index) => index % 4 === 0)), [])
  const held = await heldBy(server)
  const [before, long, longest] = [await memoryOf(server), await countHeld(PROMISED), await countHeld(MAX_BUSY)]
  const over = new AbortController()
  const health = watchHealth(over.signal)
  const began = performance.now()
  assert.deepEqual(await sendAll(jobs), [])
  const seconds = Math.round((performance.now() - began) / 1000)
  t.diagnostic(`${routes.length} routes, ${taking.length} take bodies, ${jobs.length} calls in ${seconds} s`)
  over.abort()
  const took = await health
  assert.ok(took.length > 10)
  const [median, slowest] = [took[took.length >> 1], took.at(-1)].map((ms = 0) => ms.toFixed(1))
  t.diagnostic(`${took.length} calls of /healthz meanwhile: median ${median} ms, longest ${slowest} ms`)
  assert.equal(server.process.exitCode, null)
  const lines = server.output().split('\n')
  const logged = lines.filter((line) => /"computedMs":\d{3}/.test(line)).join('\n')
  assert.equal((await countHeld(MAX_BUSY)) - longest, 0, logged)
  assert.ok((await countHeld(PROMISED)) - long <= DISTURBED, logged)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
  const kept = (await heldBy(server)) - held
  const grown = (await memoryOf(server)) - before
  t.diagnostic(`${kept} MiB more than ${held} MiB held, ${grown} MiB more than ${before} MiB resident`)
  assert.ok(kept <= FLAT_MIB, `${kept} MiB more than ${held} MiB are held`)
  assert.ok(grown <= FLAT_MIB, `${grown} MiB more than ${before} MiB are resident`)
})

/** The document and Fastify know the same routes; those of hooks come before Fastify. */
function assertAllKnown({ paths }: Document, routes: readonly Route[]): void {
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  const known = new Set(routes.map(({ method, url }) => `${method} ${url}`))
  assert.deepEqual(
    documented.filter((one) => !known.has(one)),
    ['POST /hooks/:hook_key', 'GET /hooks/answers/:token', 'POST /hooks/waits/:token'],
  )
  assert.ok(known.has('POST /mcp'))
}

/** The routes that are more than the refusal of a method. */
async function findTaking(routes: readonly Route[]): Promise<readonly Route[]> {
  const hostile = { name: 'brackets', headers: { 'content-type': 'application/json' }, body: Buffer.alloc(30_000, '[') }
  const taking: Route[] = []
  await inParallel(routes, async (route) => {
    const status = await send({ ...route, url: pathOf(route.url, open), sender: {}, hostile })
    assert.ok(status > 0 && status < 500, `${status} ${route.method} ${route.url}`)
    if (status !== 405) taking.push(route)
  })
  return taking
}

/**
 * Each body from the editor, who gets furthest, and by turns from a viewer or from anybody. The turn depends on the number
 * of the route, too, so that each of these two sends each body to half of the routes.
 */
function jobsOf(document: Document, route: Route, number: number): readonly Job[] {
  // No GET reads a body.
  const bodies = route.method === 'GET' ? hostileBodies([]).slice(0, 1) : hostileBodies(fieldsOf(document, route))
  const job = (sender: Sender, hostile: HostileBody, workflow = open): Job => {
    return { method: route.method, url: pathOf(route.url, workflow), sender, hostile }
  }
  const { anybody, viewer, editor } = senders
  const jobs = bodies.flatMap((hostile, index) => [
    job(editor, hostile),
    job((number + index) % 2 === 0 ? anybody : viewer, hostile),
  ])
  return [...jobs, ...bodies.slice(0, 1).map((hostile) => job(editor, hostile, restricted))]
}

/** Asks again and again until it is over. Returns how often the server said that it lives. */
async function watchHealth(signal: AbortSignal): Promise<readonly number[]> {
  const took: number[] = []
  while (!signal.aborted) {
    const began = performance.now()
    const { status } = await fetch(new URL('/healthz', server.url))
    assert.equal(status, 200)
    took.push(performance.now() - began)
    await delay(20)
  }
  return took.sort((one, other) => one - other)
}
