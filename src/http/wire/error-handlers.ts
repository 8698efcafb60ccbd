import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import type { ErrorCode } from '../../error-codes.ts'
import { UserError } from '../../errors.ts'
import type { ProblemWithHeaders } from './problem.ts'
import type { Refusals } from './refusals.ts'
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

/** Pages of the app and the API's documentation replace the policy. */
export const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'same-origin',
} as const

export function addErrorHandlers(app: FastifyInstance, urls: Urls, refusals: Refusals): void {
  app.setErrorHandler((error, _request, reply) => sendError(reply, error, refusals))
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SAFE_HEADERS)
    // Keeps the app off the origin of functions' responses.
    if (urls.isForHooksOnly(request.headers.host) && !/^\/(healthz|readyz)$/.test(request.url)) {
      throw new UserError('not_found', 'This address serves hooks only.')
    }
  })
}

export function sendError(reply: FastifyReply, error: unknown, refusals: Refusals): FastifyReply {
  const { method, routeOptions } = reply.request
  return sendProblem(reply, refusals.answer(toUserError(error) ?? error, { method, route: routeOptions?.url }))
}

export function sendProblem(reply: FastifyReply, { problem, headers }: ProblemWithHeaders): FastifyReply {
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="workflows"')
  // Fastify would close immediately, and the client would see a reset.
  reply.removeHeader('connection')
  return reply
    .code(problem.status)
    .headers({ 'Cache-Control': 'no-store', ...headers })
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problem)))
}

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
