/** A server that functions call, and what it was asked. */

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'

type Asked = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type HttpTarget = {
  readonly port: number
  /** Everything that was asked so far. */
  readonly asked: Asked[]
  close(): void
}

/** Answers each request with its method, path and body; a path with a status in it (`/status/404`) with that status. */
export async function startHttpTarget(): Promise<HttpTarget> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = (await buffer(request)).toString('utf8')
    asked.push({ method, url, headers, body })
    const status = Number(/^\/status\/(\d{3})/.exec(url)?.[1] ?? 200)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(method === 'HEAD' ? undefined : JSON.stringify({ method, url, body }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
