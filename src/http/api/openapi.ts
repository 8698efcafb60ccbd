/** The API's own description, made of the same schemas that check requests, and pages to read it. */

import type { SwaggerTransformObject } from '@fastify/swagger'
import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { CATALOGUE } from '../../errors.ts'
import { Problem } from './common/problem-schema.ts'
import { VERSION } from './system/system.ts'

const DESCRIPTION = `Everything that the app does goes through this API.

Send \`Authorization: Bearer <api key>\`, or the app's session cookie. Lists answer \`{"data": […], "next_cursor": "…" | null}\`
and take \`limit\` and \`cursor\`. Times are RFC 3339 in UTC. An unknown field in a body is an error.

## Errors

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`:

${Object.entries(CATALOGUE)
  .map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`)
  .join('\n')}`

export async function addDocs(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Workflows',
        description: DESCRIPTION,
        version: VERSION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      security: [{ apiKey: [] }, { session: [] }],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'workflows.session_token' },
        },
      },
      paths: { '/hooks/{hook_key}': HOOK, '/hooks/answers/{token}': HOOK_ANSWER },
    },
    transformObject,
  })
  const schema = { tags: ['System'], summary: 'This document', security: [] }
  app.get('/api/openapi.json', { config: { public: true }, schema }, async (_request, reply) => {
    return reply
      .header('X-Content-Type-Options', 'nosniff')
      .type('application/json')
      .send(JSON.stringify(app.swagger()))
  })
  addDocsPage(app)
}

/** The plugin calls every body required; here nothing sent is an empty object, which is enough where no field is. */
const transformObject: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject
  for (const item of Object.values(document.openapiObject.paths ?? {})) {
    for (const body of [item?.post?.requestBody, item?.put?.requestBody, item?.patch?.requestBody]) {
      if (body !== undefined && 'content' in body) body.required = Object.values(body.content).some(hasRequiredField)
    }
  }
  return document.openapiObject
}

function hasRequiredField({ schema }: { schema?: object }): boolean {
  return schema !== undefined && 'required' in schema && Array.isArray(schema.required) && schema.required.length > 0
}

/** The reader's script is 4 MB: it is loaded when somebody first opens the page, in an instance of its own. */
function addDocsPage(app: FastifyInstance): void {
  let reader: Promise<FastifyInstance> | null = null
  app.get('/api/docs', { config: { public: true }, schema: { hide: true } }, async (_request, reply) =>
    reply.redirect('/api/docs/', 301),
  )
  app.get('/api/docs/*', { config: { public: true }, schema: { hide: true } }, async (request, reply) => {
    reader ??= createReader()
    const answer = await (await reader).inject({ method: 'GET', url: request.url })
    return reply
      .code(answer.statusCode)
      .type(String(answer.headers['content-type'] ?? 'text/plain'))
      .headers({
        'Content-Security-Policy': READER_POLICY,
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': 'no-cache',
      })
      .send(answer.rawPayload)
  })
  app.addHook('onClose', async () => await (await reader)?.close())
}

/** Nothing comes from, or goes to, another host. The page starts itself by an inline script. */
const READER_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

async function createReader(): Promise<FastifyInstance> {
  const { default: fastify } = await import('fastify')
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const reader = fastify()
  await reader.register(reference, {
    routePrefix: '/api/docs',
    configuration: {
      url: '/api/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      // Each of these would send the reader to another host.
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  return reader
}

const problem = {
  description: 'Problem',
  content: { 'application/problem+json': { schema: JSON.parse(JSON.stringify(Problem)) } },
}
const anyBody = { schema: {} }

const HOOK = {
  post: {
    tags: ['Hooks'],
    summary: 'Run a catch workflow',
    description:
      'Runs the deployed version; the answer is what the function returns. A hook may ask for a proof of who calls (`sender_check` of its workflow). See the contract, sections 2, 4 and 7.',
    security: [],
    parameters: [{ name: 'hook_key', in: 'path' as const, required: true, schema: { type: 'string' as const } }],
    requestBody: {
      content: {
        'application/json': anyBody,
        'multipart/form-data': anyBody,
        'application/x-www-form-urlencoded': anyBody,
      },
    },
    responses: {
      default: problem,
      '200': { description: "The function's answer, or the default one" },
      '202': {
        description:
          'The acknowledgement of a call that does not wait (Prefer: respond-async); Location leads to the answer',
      },
    },
  },
}

const HOOK_ANSWER = {
  get: {
    tags: ['Hooks'],
    summary: 'The answer to a call that did not wait',
    description: 'The address comes in the Location of an acknowledgement, and needs no login.',
    security: [],
    parameters: [{ name: 'token', in: 'path' as const, required: true, schema: { type: 'string' as const } }],
    responses: {
      default: problem,
      '200': { description: "The function's answer, or the default one" },
      '202': { description: 'Not yet; Retry-After says when to ask again' },
    },
  },
}
