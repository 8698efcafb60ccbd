import type { IncomingHttpHeaders } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { importInTurns } from '../../imports/import-in-turns.ts'
import type { Auth } from '../auth/auth.ts'
import { unknownSender } from '../auth/shared/principal.ts'
import { readJsonOnly } from '../wire/body-readers.ts'
import { createCallApi } from './call-api.ts'
import { createMcpServer, type McpFacts } from './server.ts'
import { TOOLS } from './tools.ts'

export type McpOptions = { readonly auth: Pick<Auth, 'authenticate'>; readonly log: Logger; readonly facts: McpFacts }

const KIB = 1024
const MAX_BODY_BYTES = { withSource: 2048 * KIB, others: 256 * KIB } as const
const DEPTH = LIMITS.bodyDepth + 5
/** Errors repeat ids, methods and names. */
const MAX_NAME = 1000

export function addMcp(app: FastifyInstance, options: McpOptions): void {
  app.register(async (scope) => {
    readJsonOnly(scope, DEPTH)
    scope.addHook('onRequest', async ({ headers }) => assertKey(options.auth, headers))
    addRoute(scope, app, options)
  })
}

async function assertKey({ authenticate }: McpOptions['auth'], { authorization }: IncomingHttpHeaders): Promise<void> {
  // A page of another site could send session cookies.
  if (authorization !== undefined && (await authenticate({ authorization })) !== null) return
  throw unknownSender({ authorization }, 'Send an API key: Authorization: Bearer <api key>.')
}

function addRoute(scope: FastifyInstance, app: FastifyInstance, { log, facts }: McpOptions): void {
  scope.post('/mcp', { bodyLimit: MAX_BODY_BYTES.withSource, schema: { hide: true } }, async (request, reply) => {
    const { headers, body } = request
    for (const message of [body].flat()) assertShort(message, Buffer.byteLength(request.bodyText))
    // The library takes 60 ms and 10 MB.
    await importInTurns(import.meta.resolve('@modelcontextprotocol/server'))
    const sdk = await import('@modelcontextprotocol/server')
    const callApi = createCallApi(app, headers.authorization ?? '')
    // The first call took 55 ms in one turn. It loads Node's fetch and builds the library's schemas.
    const webRequest = await inOwnTurn(() => toWebRequest(headers))
    const openMcpServer = () => inOwnTurn(() => createMcpServer(sdk, callApi, facts))
    const handler = sdk.createMcpHandler(openMcpServer, {
      responseMode: 'json',
      onerror: (error) => log.debug({ err: error }, 'an MCP request failed'),
    })
    const response = await handler.fetch(webRequest, { parsedBody: body })
    await setImmediate()
    reply.code(response.status).header('Cache-Control', 'no-store')
    for (const [name, value] of response.headers) reply.header(name, value)
    const text = await response.text()
    await handler.close()
    return reply.serializer(String).send(text)
  })
}

async function inOwnTurn<T>(work: () => T): Promise<T> {
  await setImmediate()
  const done = work()
  await setImmediate()
  return done
}

function assertShort(message: unknown, bytes: number): void {
  const params = membersOf(membersOf(message).params)
  const tool = TOOLS.find(({ name }) => name === params.name)
  if (bytes > MAX_BODY_BYTES.others && tool?.takesSource !== true) {
    const detail = `Expected at most ${MAX_BODY_BYTES.others} bytes for this method and tool, found ${bytes}.`
    throw new UserError('payload_too_large', detail)
  }
  for (const [name, value] of Object.entries({ ...params, ...membersOf(message) })) {
    if (typeof value !== 'string' || value.length <= MAX_NAME) continue
    const detail = `${name.slice(0, MAX_NAME)}: expected at most ${MAX_NAME} characters, found ${value.length}.`
    throw new UserError('bad_request', detail)
  }
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

function toWebRequest(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Request {
  const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || name === 'content-length' || name === 'connection' || name === 'host'
      ? []
      : [value].flat().map((one): [string, string] => [name, one]),
  )
  return new Request('http://localhost/mcp', { method: 'POST', headers: given, body: '{}' })
}
