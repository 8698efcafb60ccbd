/** A proxy between the store and PostgreSQL that breaks connections at the worst moment. */

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

export type BreakingProxy = {
  readonly databaseUrl: string
  /** The next commit reaches the server and succeeds, but its answer is lost with the connection. */
  breakNextCommit(): void
  /** Nothing passes any more, as when a network loses every packet, until `resume`. */
  hang(): void
  resume(): void
  close(): Promise<void>
}

/** A commit, or a statement of many rows, which is a transaction of its own (src/store/database/groups/rows.ts). */
const COMMIT = /commit|written as/
/** PostgreSQL is ready for a query, and no transaction is open. */
const COMMITTED = 'Z\0\0\0\x05I'

/** `databaseUrl` is one of a server that listens on a socket, as those of tests do. */
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
