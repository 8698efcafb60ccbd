import { createServer } from 'node:net'

export const LOOPBACK = '127.0.0.1'

/** Documented in CONTRIBUTING.md. Debuggers try the inspector's default port first. */
export const PORTS = { app: 4500, server: 4501, inspector: 9229, functions: 4502 } as const

export async function findPort(wanted: number): Promise<number> {
  return (await listen(wanted)) ?? (await listen(0)) ?? wanted
}

/** Returns null if the port is taken. */
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
