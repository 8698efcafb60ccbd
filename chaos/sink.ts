/** Counts which functions have really run: they tell it themselves, past the server. */

import { once } from 'node:events'
import { createServer } from 'node:net'

export type Sink = {
  readonly port: number
  /** How often each id was reported. */
  readonly counts: ReadonlyMap<string, number>
  close(): void
}

export async function openSink(): Promise<Sink> {
  const counts = new Map<string, number>()
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => (text += chunk))
    socket.on('end', () => {
      const id = text.trim()
      counts.set(id, (counts.get(id) ?? 0) + 1)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  return { port: address.port, counts, close: () => server.close() }
}
