/** The Node HTTP server under everything: its limits, and the checks that come before any routing. */

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { UserError } from '../../errors.ts'
import { HOOKS_PREFIX, type HookHandler } from '../hooks/hooks.ts'
import { problemOf } from '../wire/problem.ts'
import { answerOfProblem, type HookOrigin, PROBLEM_TYPE, sendWithoutReading } from '../wire/response.ts'
import { canAnswer, follow, keepRoom } from './connections.ts'

const MAX_HEADERS = 1000
const MAX_CONNECTIONS = 10_000
/** A name or an address, and a port; whatever else stands there would become part of URLs that are made with it. */
const HOST = /^(?:[\w.~!$&'()*+,;=-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i
const SHARED: HookOrigin = { shared: true }

/** Sends hooks to `hooks` and everything else to `app`, unless the request's own framing is in doubt. */
export function createNodeServer(app: RequestListener, hooks: HookHandler): Server {
  const route = (request: IncomingMessage, response: ServerResponse) => {
    follow(request, response)
    const refusal = checkFraming(request)
    if (refusal !== null) {
      response.shouldKeepAlive = false
      return sendWithoutReading(request, response, answerOfProblem(problemOf(refusal)), SHARED)
    }
    if (request.url?.startsWith(HOOKS_PREFIX)) return hooks(request, response)
    if (request.headers.expect !== undefined) response.writeContinue()
    app(request, response)
  }
  const server = createServer(
    {
      // Both are for receiving only: how long a function then takes is its own limit.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16 * 1024,
      // Checked below: Node would answer without a word.
      requireHostHeader: false,
      insecureHTTPParser: false,
    },
    route,
  )
  keepRoom(server, MAX_CONNECTIONS)
  // Node would silently cut the list of headers at 2,000; 16 KiB and our own count bound it.
  server.maxHeadersCount = 0
  // A listener of its own lets hooks refuse a body before it is sent.
  server.on('checkContinue', route)
  return server
}

/** Absolute-form targets are routed by their path: whose host a client names is none of our business. */
function checkFraming(request: IncomingMessage): UserError | null {
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

const REFUSALS: Readonly<Record<string, readonly [status: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'Expected at most 16 KiB of headers.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'Expected short chunk extensions.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.'],
}

/** What the parser refuses gets a plain answer where one can still be sent, and the connection ends. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  if (!canAnswer(socket)) return void socket.destroySoon()
  const [line, detail] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'The request is not valid HTTP/1.1.']
  const [status = '400', ...title] = line.split(' ')
  const body = JSON.stringify({
    type: 'about:blank',
    title: title.join(' '),
    status: Number(status),
    detail,
    code: 'bad_request',
  })
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: ${PROBLEM_TYPE}\r\nX-Content-Type-Options: nosniff\r\n` +
      `Content-Security-Policy: sandbox\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
