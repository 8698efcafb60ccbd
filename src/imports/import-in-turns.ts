/** A plain import blocks the loop until the last module has run. */

import { setImmediate } from 'node:timers/promises'
import { openThreads } from '../threads.ts'
import { type Edges, orderModules } from './module-order.ts'

/** Import time per turn. One module takes up to 25 ms. */
const TURN_MS = 5

const imported = new Map<string, Promise<void>>()

/** A later `import` takes no time. A thread first imports the module to find the order. */
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
  const thread = openThreads<string, Edges>({ module: new URL('./read-imports.ts', import.meta.url), maxThreads: 1 })
  const edges = await thread.run(url, { name: 'readImports' }).finally(() => thread.destroy())
  let startedAt = performance.now()
  for (const module of orderModules(url, edges)) {
    await import(module)
    if (performance.now() - startedAt < TURN_MS) continue
    await setImmediate()
    startedAt = performance.now()
  }
}
