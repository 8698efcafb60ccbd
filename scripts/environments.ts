/**
 *     node scripts/environments.ts            the default environment, unless it exists
 *     node scripts/environments.ts --retry    also when it failed before (no package index in reach)
 *     node scripts/environments.ts --all      environments of all Pythons, and the editor's language server
 *     …                            --while N  stops when process N ends
 */

import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureEnvironments } from './set-up/all-environments.ts'
import { end, endChildrenOnSignals } from './set-up/process.ts'
import { ensureTy } from './set-up/programs.ts'
import { ensureDocsBuild } from './set-up/web.ts'

const { values } = parseArgs({
  options: { all: { type: 'boolean' }, retry: { type: 'boolean' }, while: { type: 'string' } },
})
endChildrenOnSignals()
process.umask(0o022)
if (values.while !== undefined) {
  setPriority(constants.priority.PRIORITY_LOW)
  stopWith(Number(values.while))
}
try {
  const which = values.all ? 'all' : 'default'
  const root = join(import.meta.dirname, '..')
  // Environments are built without the pages too.
  const docs = values.all ? await ensureDocsBuild(root).then(() => null, String) : null
  if (values.all) await ensureTy(root)
  await ensureEnvironments(root, { which, retryFailed: values.retry ?? false })
  if (docs !== null) throw new Error(docs)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

function stopWith(pid: number): void {
  setInterval(() => {
    try {
      process.kill(pid, 0)
    } catch {
      end(0)
    }
  }, 250).unref()
}
