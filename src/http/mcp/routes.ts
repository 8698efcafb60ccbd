/** `POST /mcp`: the Model Context Protocol over Streamable HTTP, for agents with an API key. */

import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { UserError } from '../../errors.ts'
import type { Auth } from '../auth/auth.ts'
import { createCallApi } from './call-api.ts'
import { createMcpServer, type McpFacts } from './server.ts'

export type McpOptions = { readonly auth: Pick<Auth, 'authenticate'>; readonly log: Logger; readonly facts: McpFacts }

const MAX_BODY_BYTES = 4 * 1024 * 1024

export function addMcp(app: FastifyInstance, { auth, log, facts }: McpOptions): void {
  app.post('/mcp', { bodyLimit: MAX_BODY_BYTES, schema: { hide: true } }, async (request, reply) => {
    const { authorization } = request.headers
    // A session's cookie does not count: a page of another site could send it along.
    const principal = authorization === undefined ? null : await auth.authenticate({ authorization })
    if (principal === null || authorization === undefined) {
      throw new UserError('unauthorized', 'Send an API key: Authorization: Bearer <api key>.')
    }
    // Loaded by the first call: it takes 60 ms and 10 MB that a server without agents does not need.
    const sdk = await import('@modelcontextprotocol/server')
    const handler = sdk.createMcpHandler(() => createMcpServer(sdk, createCallApi(app, authorization), facts), {
      responseMode: 'json',
      onerror: (error) => log.debug({ err: error }, 'an MCP request failed'),
    })
    const response = await handler.fetch(toWebRequest(request.headers), {
      parsedBody: request.body,
    })
    reply.code(response.status).header('Cache-Control', 'no-store')
    for (const [name, value] of response.headers) reply.header(name, value)
    const text = await response.text()
    await handler.close()
    return reply.serializer(String).send(text)
  })
}

/** The request without its body, which is parsed already. */
function toWebRequest(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Request {
  const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || name === 'content-length' || name === 'connection' || name === 'host'
      ? []
      : [value].flat().map((one): [string, string] => [name, one]),
  )
  return new Request('http://localhost/mcp', { method: 'POST', headers: given, body: '{}' })
}
