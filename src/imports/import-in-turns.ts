/** Imports a module and all that it imports in many short turns of the event loop. A plain import of a library holds the loop until its last module has run. */

import { setImmediate } from 'node:timers/promises'
import { Piscina } from 'piscina'
import { type Edges, orderModules } from './module-order.ts'

/** One turn imports modules for this time. One module takes up to 25 ms. */
const TURN_MS = 5

const imported = new Map<string, Promise<void>>()

/**
 * Resolves when the module of this URL is loaded, so that the caller's own `import` of it takes no time.
 * A thread imports it first to find its modules and their order. This takes about as long as the import itself.
 */
export function importInTurns(url: string): Promise<void> {
  const known = imported.get(url)
  if (known !== undefined) return known
  const done = importAll(url).catch((error: unknown) => {
    imported.delete(url)
    throw error
  })
  imported.set(url, done)
  return done
}

async function importAll(url: string): Promise<void> {
  const thread = new Piscina<string, Edges>({
    filename: new URL('./read-imports.ts', import.meta.url).href,
    maxThreads: 1,
  })
  const edges = await thread.run(url, { name: 'readImports' }).finally(() => thread.destroy())
  let startedAt = performance.now()
  for (const module of orderModules(url, edges)) {
    await import(module)
    if (performance.now() - startedAt < TURN_MS) continue
    await setImmediate()
    startedAt = performance.now()
  }
}
