/** A webhook that alerts are sent to. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

type Alert = {
  readonly type: string
  readonly workflow: { readonly name: string } | null
  readonly run: { readonly id: string; readonly url: string } | null
}

export type AlertReceiver = { readonly url: string; readonly received: Alert[]; close(): void }

export async function startAlertReceiver(): Promise<AlertReceiver> {
  const received: Alert[] = []
  const server = createServer(async (request, response) => {
    received.push(JSON.parse(await text(request)))
    response.writeHead(204).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/alerts`,
    received,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
