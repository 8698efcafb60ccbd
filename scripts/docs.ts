/** `npm run docs:build` builds the documentation. Fails for a link to a missing page. */

import { join } from 'node:path'
import { endChildrenOnSignals } from './set-up/process.ts'
import { ensureDocsBuild } from './set-up/web.ts'

const ROOT = join(import.meta.dirname, '..')

endChildrenOnSignals()
try {
  await ensureDocsBuild(ROOT)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
