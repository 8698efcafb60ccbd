/** A call of a hook, read once from Node's request and handed on to each stage. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { HeaderPairs } from '../../domain/headers.ts'
import type { RunRequest } from '../../domain/run.ts'
import type { Content } from '../wire/content.ts'

export type IncomingCall = {
  /** Node's request, for its body and its connection. */
  readonly request: IncomingMessage
  readonly method: string
  /** Path and query as received. */
  readonly url: string
  readonly path: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
  /** By lower-case name, for headers that the server itself reads. */
  readonly headers: IncomingHttpHeaders
  /** All headers in the sender's order and spelling. */
  readonly headerPairs: HeaderPairs
  /** `performance.now()` when the call came in. */
  readonly receivedAt: number
}

/** A call with its body. */
export type ReceivedCall = IncomingCall & {
  /** Null: the call has no content type and no body. */
  readonly content: Content | null
  readonly body: Buffer
}

/** Reads everything of a call except its body. */
export function readCall(request: IncomingMessage): IncomingCall {
  const { method = '', url = '', headers, rawHeaders } = request
  const queryAt = url.indexOf('?')
  return {
    request,
    method,
    url,
    path: queryAt === -1 ? url : url.slice(0, queryAt),
    query: queryAt === -1 ? '' : url.slice(queryAt + 1),
    headers,
    headerPairs: toPairs(rawHeaders),
    receivedAt: performance.now(),
  }
}

/** The call as its run stores it and as the function gets it. */
export const runRequestOf = ({ url, query, headerPairs: headers, body }: ReceivedCall): RunRequest => ({
  method: 'POST',
  url,
  query,
  headers,
  body,
})

/** Node's flat list of names and values, as pairs. */
function toPairs(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  return pairs
}
