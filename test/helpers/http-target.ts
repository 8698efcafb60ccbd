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
  /** Answers those that asked for a path under `/held`, and all that will. */
  release(): void
  close(): void
}

/**
 * Answers each request with its method, path and body; a path with a status in it (`/status/404`) with that status, and
 * one under `/held` only once it is released.
 */
export async function startHttpTarget(): Promise<HttpTarget> {
  const asked: Asked[] = []
  const released = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = (await buffer(request)).toString('utf8')
    asked.push({ method, url, headers, body })
    if (url.startsWith('/held')) await released.promise
    const status = Number(/^\/status\/(\d{3})/.exec(url)?.[1] ?? 200)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(method === 'HEAD' ? undefined : JSON.stringify({ method, url, body }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    release: released.resolve,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A function that goes on until the target releases it: no test then guesses how long its runs take. */
export const heldBy = ({ port }: HttpTarget, end = 'return {"status_code": 200, "body": "done"}'): string =>
  `import urllib.request
def workflow(_request, settings):
    urllib.request.urlopen("http://127.0.0.1:${port}/held").read()
    ${end}
`
