/** A plain import blocks the loop until the last module has run. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { openThreads } from '../threads.ts'
import { type GiveWay, keepOrder, readOrder } from './kept-order.ts'
import { type Edges, orderModules } from './module-order.ts'

/** Per turn. One module takes up to 25 ms. */
const TURN_MS = 5
const KEPT_DIR = join(import.meta.dirname, '../../.cache/imports')

const imported = new Map<string, Promise<void>>()

/** A later `import` takes no time. */
export function importInTurns(url: string, keptDir = KEPT_DIR): Promise<void> {
  const known = imported.get(url)
  if (known !== undefined) return known
  const done = importAll(url, join(keptDir, createHash('sha256').update(url).digest('hex'))).catch((error: unknown) => {
    imported.delete(url)
    throw error
  })
  imported.set(url, done)
  return done
}

async function importAll(url: string, kept: string): Promise<void> {
  const giveWay = takeTurns()
  for (const module of (await readOrder(kept, giveWay)) ?? (await findOrder(url, kept, giveWay))) {
    await import(module)
    await giveWay()
  }
}

/** The thread imports the modules too: 0.6 s of processor time for a session. */
async function findOrder(url: string, kept: string, giveWay: GiveWay): Promise<readonly string[]> {
  const thread = openThreads<string, Edges>({ module: new URL('./read-imports.ts', import.meta.url), maxThreads: 1 })
  const edges = await thread.run(url, { name: 'readImports' }).finally(() => thread.destroy())
  const order = orderModules(url, edges)
  await keepOrder(kept, order, giveWay)
  return order
}

function takeTurns(): GiveWay {
  let startedAt = performance.now()
  return async () => {
    if (performance.now() - startedAt < TURN_MS) return
    await setImmediate()
    startedAt = performance.now()
  }
}
