import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../../error-codes.ts'
import { UserError } from '../../errors.ts'
import { guard } from '../../guard.ts'
import { HOOKS_PREFIX, type HookHandler } from '../hooks/hooks.ts'
import { createServer, STATUS_CODES } from '../wire/node-http.ts'
import type { Refusals } from '../wire/refusals.ts'
import { type HookOrigin, problemResponse, sendWithoutReading } from '../wire/response.ts'
import { shouldUpgrade } from '../wire/upgrade.ts'
import { type ConnectionLimits, canAnswer, limitConnections, trackRequest } from './connections.ts'

const MAX_HEADERS = 1000
const LIMITS: ConnectionLimits = {
  connections: 10_000,
  unsentBytes: 64 * 1024 * 1024,
  stallMs: 30_000,
  minAnswerRate: 16_000,
  bodyGraceMs: 10_000,
}
/** Other text would become part of URLs built from the header. */
const HOST = /^(?:[\w.~!$&'()*+,;=-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i
/** Covers this host only. The operator decides for sibling hosts. */
const HSTS = 'max-age=31536000'
const SHARED: HookOrigin = { shared: true }

type NodeServerOptions = {
  readonly isHttps: boolean
  readonly isEnding: () => boolean
  readonly refusals: Refusals
}

/**
 * Refuses ambiguous framing. `isHttps`: a proxy provides HTTPS, so responses set HSTS. `isEnding`: connections close
 * after their responses.
 */
export function createNodeServer(
  app: RequestListener,
  hooks: HookHandler,
  { isHttps, isEnding, refusals }: NodeServerOptions,
): Server {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    trackRequest(request, response)
    if (isEnding()) response.shouldKeepAlive = false
    if (isHttps) response.setHeader('Strict-Transport-Security', HSTS)
    const refusal = validateFraming(request)
    if (refusal !== null) {
      response.shouldKeepAlive = false
      return sendWithoutReading(request, response, problemResponse(refusals.answer(refusal, {})), SHARED)
    }
    if (request.url?.startsWith(HOOKS_PREFIX)) return hooks(request, response)
    if (request.headers.expect !== undefined) response.writeContinue()
    app(request, response)
  }
  const route = (request: IncomingMessage, response: ServerResponse) => {
    const guarded = guard('a request', () => response.destroy())
    guarded.start(() => answer(request, response))
  }
  const server = createServer(
    {
      // Both limit only receiving. Functions have their own limit, and LIMITS bounds slow readers.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      // Must exceed the 60 s of nginx and cloud load balancers, which otherwise send calls on a closing connection: at
      // 5 s, 8 of 440 POSTs got a 502.
      keepAliveTimeout: 76_000,
      maxHeaderSize: 16 * 1024,
      // Checked below: Node would respond without a problem document.
      requireHostHeader: false,
      insecureHTTPParser: false,
      shouldUpgradeCallback: shouldUpgrade,
    },
    route,
  )
  limitConnections(server, LIMITS)
  // Node would drop headers after 2,000.
  server.maxHeadersCount = 0
  server.on('checkContinue', route)
  // Node would answer 417 without a problem document.
  server.on('checkExpectation', route)
  return server
}

function validateFraming(request: IncomingMessage): UserError | null {
  const { rawHeaders, headers, httpVersionMajor } = request
  if (httpVersionMajor !== 1)
    return new UserError('bad_request', `Expected HTTP/1.1, found HTTP/${request.httpVersion}.`)
  if (rawHeaders.length > MAX_HEADERS * 2) {
    return new UserError(
      'headers_too_large',
      `Expected at most ${MAX_HEADERS} headers, found ${rawHeaders.length / 2}.`,
    )
  }
  for (const name of ['host', 'content-type', 'content-length', 'content-encoding']) {
    if (countHeader(rawHeaders, name) > 1)
      return new UserError('bad_request', `Expected one header ${name}, found several.`)
  }
  if (headers.host === undefined && request.httpVersion !== '1.0') {
    return new UserError('bad_request', 'Expected a header Host, found none.')
  }
  if (headers.host !== undefined && headers.host !== '' && !HOST.test(headers.host)) {
    return new UserError('bad_request', `Expected a host in the header Host, found ${JSON.stringify(headers.host)}.`)
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    return new UserError('bad_request', `Expected Expect: 100-continue, found ${JSON.stringify(headers.expect)}.`)
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return new UserError('bad_request', `Expected Transfer-Encoding chunked, found ${JSON.stringify(coding)}.`)
  }
  request.url = request.url?.replace(/^https?:\/\/[^/?#]*/i, '')
  if (!request.url?.startsWith('/')) return new UserError('bad_request', 'Expected a path that begins with a slash.')
  return null
}

function countHeader(rawHeaders: readonly string[], wanted: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === wanted.length && name.toLowerCase() === wanted) count += 1
  }
  return count
}

const REFUSALS: Readonly<Record<string, readonly [code: ErrorCode, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'Expected at most 16 KiB of headers.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['payload_too_large', 'Expected short chunk extensions.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
}

/** Answers requests that Node could not read. Node has no `ServerResponse` for them. */
export function createConnectionRefusal(refusals: Refusals): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    if (!canAnswer(socket)) return void socket.destroySoon()
    const [code, detail] = REFUSALS[error.code ?? ''] ?? ['bad_request', 'The request is not valid HTTP/1.1.']
    const { status, headers, body } = problemResponse(refusals.answer(new UserError(code, detail), {}))
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      'X-Content-Type-Options: nosniff',
      'Content-Security-Policy: sandbox',
      'Connection: close',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ]
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  }
}
