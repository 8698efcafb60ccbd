import { once } from 'node:events'
import { createServer } from 'node:net'

export type Ledger = {
  readonly port: number
  /** The times of each line, in ms. */
  readonly lines: ReadonlyMap<string, readonly number[]>
  close(): void
}

/** A service outside of the server: it notes each line that a function sends, when it comes. */
export async function openLedger(): Promise<Ledger> {
  const lines = new Map<string, number[]>()
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk
      if (!text.endsWith('\n')) return
      lines.set(text.trim(), [...(lines.get(text.trim()) ?? []), Date.now()])
      text = ''
      socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the ledger has no port')
  return { port: address.port, lines, close: () => server.close() }
}
