/** Breaks connections between the store and PostgreSQL at the worst moment. */

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

export type BreakingProxy = {
  readonly databaseUrl: string
  /** The next commit succeeds, but its response is lost with the connection. */
  breakNextCommit(): void
  /** Drops everything until `resume`, like a network that loses every packet. */
  hang(): void
  resume(): void
  close(): Promise<void>
}

/** A commit, or a statement of many rows, which is its own transaction (src/store/database/groups/rows.ts). */
const COMMIT = /commit|written as/
/** PostgreSQL is ready for a query, and no transaction is open. */
const COMMITTED = 'Z\0\0\0\x05I'

/** The server of `databaseUrl` must listen on a socket. */
export async function startBreakingProxy(databaseUrl: string): Promise<BreakingProxy> {
  const target = new URL(databaseUrl)
  const socketPath = join(target.searchParams.get('host') ?? '', '.s.PGSQL.5432')
  let isBreaking = false
  let isHanging = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(socketPath)
    let isBroken = false
    client.on('data', (chunk) => {
      if (isBreaking && COMMIT.test(chunk.toString('latin1'))) {
        isBreaking = false
        isBroken = true
      }
      database.write(chunk)
    })
    database.on('data', (chunk) => {
      if (isBroken && chunk.includes(COMMITTED)) client.destroy()
      else client.write(chunk)
    })
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one)
      if (isHanging) one.pause()
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : null
  return {
    databaseUrl: `postgres://postgres@127.0.0.1:${port}${target.pathname}`,
    breakNextCommit: () => {
      isBreaking = true
    },
    hang() {
      isHanging = true
      for (const socket of sockets) socket.pause()
    },
    resume() {
      isHanging = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
