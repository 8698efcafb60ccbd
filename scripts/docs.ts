/** Builds the documentation into docs/.vitepress/dist. Fails for a broken link or anchor. */

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
