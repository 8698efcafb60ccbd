/** Faults, credentials and rate limits come before the route. */

import { setTimeout as sleep } from 'node:timers/promises'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { UserError } from '../../../errors.ts'
import { openJson } from '../../../http/wire/body-readers.ts'
import { resumePdf } from '../../documents/resume.ts'
import { type Data, fullName } from '../data/data.ts'
import { type Call, type Fields, objectOf, type Reply, type Route } from './call.ts'
import { addControl } from './control.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLimits, type Limits } from './limits.ts'
import type { OAuth } from './oauth.ts'
import type { Twin } from './twin.ts'

export type RunningTwin = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly url: string
  readonly credentials: Readonly<Record<string, string>>
  close(): Promise<void>
}

type Serving = {
  readonly twin: Twin
  readonly data: Data
  readonly oauth: OAuth
  readonly now: () => number
}
type State = Serving & {
  readonly faults: Faults
  readonly limits: Limits
  readonly closing: AbortSignal
  origin(): string
}

const HOST = '127.0.0.1'
const MAX_BODY = 1024 * 1024
const MAX_DEPTH = 32
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Listens on another port if the twin's is taken. */
export async function serveTwin(serving: Serving): Promise<RunningTwin> {
  const closing = new AbortController()
  const open = async (port: number): Promise<FastifyInstance> => {
    const app = createApp({ ...serving, ...shared, origin: () => originOf(app) })
    await app.listen({ host: HOST, port })
    return app
  }
  const shared = { faults: createFaults(), limits: createLimits(), closing: closing.signal }
  const app = await open(serving.twin.port).catch(() => open(0))
  const origin = originOf(app)
  return {
    name: serving.twin.name,
    host: HOST,
    port: Number(new URL(origin).port),
    url: origin,
    credentials: serving.twin.credentials(origin),
    async close() {
      closing.abort()
      serving.twin.hooks.close()
      await app.close()
    },
  }
}

function originOf(app: FastifyInstance): string {
  const address = app.server.address()
  return `http://${HOST}:${typeof address === 'object' && address !== null ? address.port : 0}`
}

function createApp(state: State): FastifyInstance {
  const { twin, faults, origin, now } = state
  const app = fastify({ bodyLimit: MAX_BODY, forceCloseConnections: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body)
  // A hostile page's name may resolve to loopback. Its header Host has that name.
  app.addHook('onRequest', async (request, reply) => {
    const { port } = new URL(origin())
    if ([`${HOST}:${port}`, `localhost:${port}`].includes(request.headers.host ?? '')) return
    await reply.code(421).send({ error: 'expected the address of the twin in the header Host' })
  })
  app.setErrorHandler((error: { readonly statusCode?: number; readonly message: string }, _request, reply) => {
    const status = error instanceof UserError ? 400 : (error.statusCode ?? 500)
    return answer(reply, twin.refuse(status, error.message), twin)
  })
  app.setNotFoundHandler((request, reply) =>
    answer(reply, twin.refuse(404, `This twin has no ${request.method} ${request.url.slice(0, 200)}`), twin),
  )
  addControl(app, { twin, faults, origin, now, read: (body) => readJson(body) })
  app.get<{ Params: { name: string } }>('/files/:name', async ({ params }, reply) => sendResume(state, params, reply))
  for (const route of twin.routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: async (request, reply) => answer(reply, await run(state, route, request), twin),
    })
  }
  return app
}

async function run(state: State, route: Route, request: FastifyRequest): Promise<Reply> {
  const { twin, oauth, faults, limits, closing } = state
  const call = await readCall(state, request)
  const fault = faults.take(call.path)
  if (fault !== null && fault.delay_ms > 0) await sleep(fault.delay_ms, undefined, { signal: closing })
  if (fault?.status != null) return fail(twin, fault.status, call.now)
  if (fault?.expire_token === true) {
    oauth.expireAll()
    return twin.refuse(401, 'The token has expired.')
  }
  if (route.open) return await route.handle(call)
  const identity = twin.identify(call)
  if (identity === null) return twin.refuse(401, 'The credentials are missing or wrong.')
  const window = limits.take(twin.limit(call, identity), call.now)
  const headers = twin.limitHeaders(window, call.now)
  const reply = window.left < 0 ? twin.refuse(429, 'Too many requests.') : await route.handle(call)
  return { ...reply, headers: { ...headers, ...reply.headers } }
}

function fail({ refuse, limitHeaders }: Twin, status: number, now: number): Reply {
  const headers = status === 429 ? limitHeaders({ limit: 1, left: -1, resetAt: now + 1000 }, now) : {}
  return { ...refuse(status, 'POST /faults asked for this failure.'), status, headers }
}

async function readCall({ origin, now }: State, request: FastifyRequest): Promise<Call> {
  const { pathname, searchParams } = new URL(request.url, origin())
  return {
    path: pathname,
    params: request.params as Readonly<Record<string, string>>,
    query: searchParams,
    headers: request.headers,
    body: await readFields(request),
    origin: origin(),
    now: now(),
  }
}

async function readFields({ headers, body }: FastifyRequest): Promise<Fields> {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';')
  // Teamtailor uses application/vnd.api+json.
  if (type.trim().endsWith('json')) return await readJson(body)
  if (!type.startsWith(FORM_TYPE) || !Buffer.isBuffer(body)) return {}
  return Object.fromEntries(new URLSearchParams(body.toString('utf8')))
}

async function readJson(body: unknown): Promise<Fields> {
  if (!Buffer.isBuffer(body) || body.length === 0) return {}
  return objectOf((await openJson(body, MAX_DEPTH)).value)
}

function sendResume({ data }: State, { name }: { readonly name: string }, reply: FastifyReply) {
  const person = data.people.find(({ number }) => name === `resume-${number}.pdf`)
  if (person === undefined) return reply.code(404).send({ error: 'no such file' })
  const { email, phone, title, city, employer, school, skills } = person
  const lines = [fullName(person), email, phone, title, `${city}, France`, employer, school, ...skills]
  return reply.type('application/pdf').send(resumePdf(lines))
}

function answer(reply: FastifyReply, { status = 200, headers = {}, body }: Reply, { contentType }: Twin): FastifyReply {
  reply.code(status).headers(headers)
  if (body === undefined) return reply.send()
  if (typeof body === 'string') return reply.type('text/plain; charset=utf-8').send(body)
  return reply.type(contentType).send(JSON.stringify(body))
}
