import type { IncomingMessage, ServerResponse } from 'node:http'
import { reachesSharedOrigin } from '../../domain/hooks/response-headers.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import { guard } from '../../guard.ts'
import type { ProblemWithHeaders } from './problem.ts'

/** RFC 9457 registers no charset parameter: JSON is UTF-8. */
export const PROBLEM_TYPE = 'application/problem+json'

/** A client sees the response only if the rest of its body is read. */
const LINGER_MS = 2000
const LINGER_BYTES = 64 * 1024 * 1024
/** Node reads the rest of such a body, and the connection stays usable. */
const SHORT_BODY_BYTES = 64 * 1024

export type HttpResponse = { readonly status: number; readonly headers: HeaderPairs; readonly body: string }

/** `shared`: the response has the app's origin in a browser. */
export type HookOrigin = { readonly shared: boolean }

/** A function's WWW-Authenticate could open a password prompt on the app's origin. */
const OWN_CHALLENGES = new Set(['Bearer', 'Signature'])

export function problemResponse({ problem, headers }: ProblemWithHeaders): HttpResponse {
  return {
    status: problem.status,
    headers: [['Content-Type', PROBLEM_TYPE], ...Object.entries(headers), ...runHeader(problem.run_id)],
    body: JSON.stringify(problem),
  }
}

const runHeader = (runId: string | undefined): HeaderPairs => (runId === undefined ? [] : [['Workflow-Run', runId]])

export function sendHookAnswer(response: ServerResponse, answer: HttpResponse, origin: HookOrigin): void {
  writeHead(response, answer, origin)
  response.end(hasBody(answer) ? encodeBody(answer) : undefined)
}

/** Node encodes headers like a string body, but sends them as Latin-1 with bytes or without a body. */
function encodeBody({ headers, body }: HttpResponse): string | Buffer {
  return headers.some(([, value]) => /\P{ASCII}/u.test(value)) ? Buffer.from(body) : body
}

/** Closing with an unread body would send a reset instead of the response. */
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
  const guarded = guard('a response', () => response.destroy())
  let read = 0
  const finish = guarded(() => {
    clearTimeout(timer)
    request.off('data', count).off('end', finish).off('close', finish)
    response.end()
  })
  const count = guarded((chunk: Buffer) => {
    read += chunk.length
    if (read > LINGER_BYTES) finish()
  })
  const timer = guarded.setTimeout(finish, LINGER_MS)
  response.shouldKeepAlive = false
  writeHead(response, answer, origin)
  response.write(answer.body)
  request.on('data', count).on('end', finish).on('close', finish).resume()
}

function writeHead(response: ServerResponse, answer: HttpResponse, { shared }: HookOrigin): void {
  const { status, headers, body } = answer
  const flat: string[] = []
  for (const [name, value] of headers) {
    if (!shared || !reachesSharedOrigin(name) || isOwnChallenge(name, value)) flat.push(name, value)
  }
  flat.push('X-Content-Type-Options', 'nosniff')
  if (shared) flat.push('Content-Security-Policy', 'sandbox')
  if (hasBody(answer)) flat.push('Content-Length', String(Buffer.byteLength(body)))
  else if (status === 205) flat.push('Content-Length', '0')
  response.writeHead(status, flat)
}

const isOwnChallenge = (name: string, value: string): boolean =>
  name === 'WWW-Authenticate' && OWN_CHALLENGES.has(value)

export const hasBody = ({ status }: HttpResponse): boolean => status !== 204 && status !== 205 && status !== 304

function hasShortBody({ headers }: IncomingMessage): boolean {
  if (headers.expect !== undefined || headers['transfer-encoding'] !== undefined) return false
  return Number(headers['content-length'] ?? 0) <= SHORT_BODY_BYTES
}

export function withPreference(answer: HttpResponse, applied: string): HttpResponse {
  const headers = answer.headers.filter(([name]) => name.toLowerCase() !== 'preference-applied')
  return { ...answer, headers: [...headers, ['Preference-Applied', applied]] }
}

/** Otherwise, a browser may store the response to a GET. */
export function withoutCaching(answer: HttpResponse): HttpResponse {
  if (answer.headers.some(([name]) => name.toLowerCase() === 'cache-control')) return answer
  return { ...answer, headers: [...answer.headers, ['Cache-Control', 'no-store']] }
}
