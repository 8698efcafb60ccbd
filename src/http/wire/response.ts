/** The one writer of answers outside Fastify: status, headers and body, with a length of its own making. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HeaderPairs } from '../../domain/headers.ts'
import type { ProblemAnswer } from './problem.ts'

/** RFC 9457 registers no charset parameter: JSON is UTF-8. */
export const PROBLEM_TYPE = 'application/problem+json'

/** How long, and for how many bytes, a refused body is still read, so that its sender gets to see the answer. */
const LINGER_MS = 2000
const LINGER_BYTES = 64 * 1024 * 1024
/** Node reads what is left of a short body by itself, and the connection stays usable. */
const SHORT_BODY_BYTES = 64 * 1024

export type HttpResponse = { readonly status: number; readonly headers: HeaderPairs; readonly body: string }

/** Where a hook was called tells whether its answer could touch the app. */
export type HookOrigin = { readonly shared: boolean }

const NOT_ON_SHARED_ORIGIN = new Set(['set-cookie', 'clear-site-data', 'content-security-policy'])

export function answerOfProblem({ problem, headers }: ProblemAnswer): HttpResponse {
  return {
    status: problem.status,
    headers: [['Content-Type', PROBLEM_TYPE], ...Object.entries(headers), ...runHeader(problem.run_id)],
    body: JSON.stringify(problem),
  }
}

const runHeader = (runId: string | undefined): HeaderPairs => (runId === undefined ? [] : [['Workflow-Run', runId]])

/** Sends a hook's answer with the platform's own headers, which win over the function's. */
export function sendHookAnswer(response: ServerResponse, answer: HttpResponse, origin: HookOrigin): void {
  writeHead(response, answer, origin)
  response.end(hasBody(answer) ? beside(answer) : undefined)
}

/** Node sends headers in the encoding of a text that goes with them; with bytes, or alone, as the Latin-1 that they are. */
function beside({ headers, body }: HttpResponse): string | Buffer {
  return headers.some(([, value]) => /\P{ASCII}/u.test(value)) ? Buffer.from(body) : body
}

/**
 * Sends an answer to a request whose body was not read, or not wholly. A long rest is not waited for: the
 * connection closes, but only after a moment of reading on, or the sender would see a reset and no answer.
 */
export function sendWithoutReading(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpResponse,
  origin: HookOrigin,
): void {
  if (request.complete || hasShortBody(request)) {
    sendHookAnswer(response, answer, origin)
    return
  }
  let read = 0
  const finish = () => {
    clearTimeout(timer)
    request.off('data', count).off('end', finish).off('close', finish)
    response.end()
  }
  const count = (chunk: Buffer) => {
    read += chunk.length
    if (read > LINGER_BYTES) finish()
  }
  const timer = setTimeout(finish, LINGER_MS)
  response.shouldKeepAlive = false
  writeHead(response, answer, origin)
  response.write(answer.body)
  request.on('data', count).on('end', finish).on('close', finish).resume()
}

function writeHead(response: ServerResponse, answer: HttpResponse, { shared }: HookOrigin): void {
  const { status, headers, body } = answer
  const flat: string[] = []
  for (const [name, value] of headers) {
    if (!shared || !NOT_ON_SHARED_ORIGIN.has(name.toLowerCase())) flat.push(name, value)
  }
  flat.push('X-Content-Type-Options', 'nosniff')
  if (shared) flat.push('Content-Security-Policy', 'sandbox')
  if (hasBody(answer)) flat.push('Content-Length', String(Buffer.byteLength(body)))
  else if (status === 205) flat.push('Content-Length', '0')
  response.writeHead(status, flat)
}

export const hasBody = ({ status }: HttpResponse): boolean => status !== 204 && status !== 205 && status !== 304

function hasShortBody({ headers }: IncomingMessage): boolean {
  if (headers.expect !== undefined || headers['transfer-encoding'] !== undefined) return false
  return Number(headers['content-length'] ?? 0) <= SHORT_BODY_BYTES
}
