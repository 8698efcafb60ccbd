/** `npm run docs:build`: builds the documentation into docs/.vitepress/dist, and fails for a link or an anchor that leads nowhere. */

import { join } from 'node:path'
import { findBrokenLinks } from './docs/links.ts'
import { endChildrenOnSignals } from './set-up/process.ts'
import { ensureDocsBuild } from './set-up/web.ts'

const ROOT = join(import.meta.dirname, '..')

endChildrenOnSignals()
try {
  await ensureDocsBuild(ROOT)
  const broken = findBrokenLinks(join(ROOT, 'docs/.vitepress/dist'), '/docs/')
  for (const line of broken) process.stderr.write(`${line}\n`)
  if (broken.length > 0) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
