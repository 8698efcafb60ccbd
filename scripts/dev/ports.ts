/** Ports on the loopback that the programs of `npm run dev` listen on. */

import { createServer } from 'node:net'

export const LOOPBACK = '127.0.0.1'

/** Documented in CONTRIBUTING.md. The inspector's is Node's own default, which debuggers try first. */
export const PORTS = { app: 4500, server: 4501, inspector: 9229, functions: 4502 } as const

/** Returns the port if it is free, else another one that is. */
export async function findPort(wanted: number): Promise<number> {
  return (await listen(wanted)) ?? (await listen(0)) ?? wanted
}

/** Listens on the port for a moment. Returns its number, or null if it is taken. */
function listen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address()
      const found = typeof address === 'object' && address !== null ? address.port : null
      server.close(() => resolve(found))
    })
  })
}
