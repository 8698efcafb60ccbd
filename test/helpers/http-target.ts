/** Records the requests of functions. */

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
  readonly asked: Asked[]
  /** Responds to current and later requests under `/held`. */
  release(): void
  close(): void
}

/**
 * Echoes each request's method, path and body. `/status/404` responds with that status, and a path under `/held` waits
 * for the release.
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

/** The function runs until the target releases it, so that no test guesses durations. */
export const heldBy = ({ port }: HttpTarget, end = 'return {"status_code": 200, "body": "done"}'): string =>
  `import urllib.request
def workflow(_request, settings):
    urllib.request.urlopen("http://127.0.0.1:${port}/held").read()
    ${end}
`
