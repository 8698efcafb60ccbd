import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import type { Content } from '../wire/content.ts'

export type IncomingCall = {
  readonly request: IncomingMessage
  readonly method: string
  readonly url: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly headerPairs: HeaderPairs
  readonly receivedAt: number
}

export type ReceivedCall = IncomingCall & {
  readonly body: Buffer
  readonly fields: Fields
}

/** The body, or the query of a GET. */
export type Fields = { readonly content: Content | null; readonly contentType: string; readonly body: Buffer }

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

function toPairs(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  return pairs
}
