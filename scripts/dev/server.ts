import { LOOPBACK } from './ports.ts'
import { createWorker, type Worker } from './worker-process.ts'

export const WATCHED = ['src', 'runtimes', 'packages', 'examples', 'docs/guides']
/** An editor writes a file in several steps, and a checkout many files. */
const QUIET_MS = 30

export type DevServer = {
  readonly ready: Promise<void>
  restart(): void
  stop(): Promise<void>
}

/** The server prints to the terminal. */
export function startDevServer(root: string, inspectorPort: number, environment: NodeJS.ProcessEnv): DevServer {
  const ready = Promise.withResolvers<void>()
  let changed = Promise.withResolvers<void>()
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let server: Worker | null = null
  let next = createWorker(root, environment)

  const start = async () => {
    changed = Promise.withResolvers()
    const former = server
    server = next
    server.send({ type: 'load' })
    await former?.stop()
    server.send({ type: 'serve', inspectorPort, host: LOOPBACK })
    void server.ready.then(ready.resolve)
    await Promise.race([server.ready, server.ended, changed.promise])
    // It would take a core from the awaited server.
    if (!stopped) next = createWorker(root, environment)
    await changed.promise
  }
  const keepStarting = async () => {
    while (!stopped) await start()
  }
  const ended = keepStarting()
  return {
    ready: ready.promise,
    restart: () => {
      clearTimeout(timer)
      timer = setTimeout(() => changed.resolve(), QUIET_MS)
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      changed.resolve()
      await ended
      await Promise.all([server?.stop(), next.stop()])
    },
  }
}
