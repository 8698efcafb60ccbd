import { curl, quote } from '../../../lib/client/curl.ts'
import type { RunRequest } from '../../../lib/requests/runs/run.ts'

/** Set by the client itself, or by a proxy. */
const SET_BY_OTHERS =
  /^(host|connection|content-length|accept-encoding|transfer-encoding|user-agent|via|forwarded|x-(forwarded-|real-ip|request-id).*)$/i

/** A binary body is a downloadable file. */
export function curlOfRun(hookUrl: string, request: RunRequest): string {
  const pairs = Object.entries(request.query).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  )
  const query = pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
  const parts = [
    ...(request.method === 'POST' ? [] : [`-X ${request.method}`]),
    ...request.headers
      .filter(([name]) => !SET_BY_OTHERS.test(name))
      .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...bodyPart(request),
  ]
  return curl(hookUrl + query, parts)
}

function bodyPart({ method, body, body_encoding }: RunRequest): readonly string[] {
  if (body === '') return method === 'POST' ? ['-X POST'] : []
  const isText = body !== null && body_encoding !== 'base64'
  return [`--data-binary ${isText ? quote(body) : '@FILE'}`]
}
