/** Errors on their way out of Fastify: one handler for all of them. */

import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { type ErrorCode, UserError } from '../../errors.ts'
import { problemOf } from './problem.ts'
import { PROBLEM_TYPE } from './response.ts'
import type { Urls } from './urls.ts'

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  414: 'bad_request',
  415: 'unsupported_media_type',
  503: 'stopping',
}

export function addErrorHandlers(app: FastifyInstance, urls: Urls): void {
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Content-Type-Options', 'nosniff')
    // The hooks' own host serves hooks only: what functions answer there must not reach the app.
    if (urls.isForHooksOnly(request.headers.host) && !/^\/(healthz|readyz)$/.test(request.url)) {
      throw new UserError('not_found', 'Only hooks are served at this address.')
    }
  })
}

/** Answers with the problem that an error is; one that nobody foresaw is logged whole, once. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const known = toUserError(error)
  if (known === null) reply.log.error({ err: error }, 'a request failed')
  const { problem, headers } = problemOf(known ?? error)
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="workflows"')
  // Fastify would close at once on a body that is too large, and its sender would see a reset and no answer.
  reply.removeHeader('connection')
  return reply
    .code(problem.status)
    .headers({ 'Cache-Control': 'no-store', ...headers })
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem))
}

/** What Fastify itself refuses, in our words' codes; null for what is no refusal. */
function toUserError(error: unknown): UserError | null {
  if (error instanceof UserError) return error
  if (!isFastifyError(error)) return null
  const code = CODES[error.statusCode ?? 500]
  if (code === undefined || !error.code.startsWith('FST_')) return null
  return new UserError(
    code,
    error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? 'Expected Content-Type application/json.' : `${error.message}.`,
  )
}

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
