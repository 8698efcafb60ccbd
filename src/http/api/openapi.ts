import type { FastifyInstance } from 'fastify'
import { VERSION } from '../../config/version.ts'
import { CATALOGUE } from '../../error-codes.ts'
import { cookiePrefixOf } from '../auth/shared/contract.ts'
import { Problem } from './common/problem-schema.ts'
import { describeRoutes, type Route } from './describe-routes.ts'
import { addDocsPage, type OnRequest } from './docs-page.ts'

type DocsOptions = {
  readonly publicUrl: string | null
  /** A passed check does not make the documents public. */
  readonly onRequest: readonly OnRequest[]
}

const DESCRIPTION = `Everything that the app does goes through this API.

Send \`Authorization: Bearer <api key>\`, or the app's session cookie. Lists answer \`{"data": […], "next_cursor": "…" | null}\`
and take \`limit\` and \`cursor\`. Each call names the scope that it needs in its \`security\`. Times are RFC 3339 in UTC. An unknown field in a body is an error.

## Errors

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`:

${Object.entries(CATALOGUE)
  .map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`)
  .join('\n')}`

/** Describes the routes that are added later. */
export function addDocs(app: FastifyInstance, { publicUrl, onRequest }: DocsOptions): () => object {
  const routes: Route[] = []
  app.addHook('onRoute', (route) => void routes.push(route))
  const document = (): object => ({
    openapi: '3.1.0',
    info: {
      title: 'Workflows',
      description: DESCRIPTION,
      version: VERSION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: `${cookiePrefixOf(publicUrl)}.session_token` },
      },
    },
    paths: {
      '/hooks/{hook_key}': HOOK,
      '/hooks/answers/{token}': HOOK_ANSWER,
      '/hooks/waits/{token}': WAIT,
      ...describeRoutes(routes),
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { session: [] }],
  })
  const schema = { tags: ['System'], summary: 'This document', ...(onRequest.length === 0 ? { security: [] } : {}) }
  let text: string | null = null
  app.get('/api/openapi.json', { onRequest: [...onRequest], schema }, async (_request, reply) => {
    text ??= JSON.stringify(document())
    return reply.type('application/json').send(text)
  })
  addDocsPage(app, onRequest)
  return document
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
      "Runs the deployed version and returns the function's response. A hook may require callers to authenticate (`sender_check` of its workflow). See the contract, sections 2, 4 and 7.",
    security: [],
    parameters: [{ name: 'hook_key', in: 'path' as const, required: true, schema: { type: 'string' as const } }],
    requestBody: {
      required: false,
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
        description: 'The acknowledgement of a call with Prefer: respond-async. Location leads to the answer',
      },
    },
  },
}

const HOOK_ANSWER = {
  get: {
    tags: ['Hooks'],
    summary: 'Get the response of a background call',
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

const WAIT = {
  post: {
    tags: ['Hooks'],
    summary: 'Give a waiting run what it waits for',
    description: 'The function makes the address with `url_of`, and it needs no login. The first event counts.',
    security: [],
    parameters: [{ name: 'token', in: 'path' as const, required: true, schema: { type: 'string' as const } }],
    requestBody: HOOK.post.requestBody,
    responses: {
      default: problem,
      '200': { description: 'An event was received before' },
      '202': { description: 'Received' },
    },
  },
}
