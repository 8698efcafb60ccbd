/**
 * `set-up.ts start` makes what the server needs before it listens, `set-up.ts sandbox` what functions need, `set-up.ts
 * test` what tests need.
 */

import { spawn } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureEnvironments } from './set-up/all-environments.ts'
import { ensureJoinedPackages } from './set-up/join-packages.ts'
import { endChildrenOnSignals, SetUpError } from './set-up/process.ts'
import { ensureTy, ensureUv } from './set-up/programs.ts'
import { ensureSystemPackages, TO_RUN, TO_TEST } from './set-up/system-packages.ts'
import { ensureTools } from './set-up/tools.ts'
import { ensureWebBuild } from './set-up/web.ts'

const ROOT = join(import.meta.dirname, '..')

const { positionals, values } = parseArgs({ allowPositionals: true, options: { 'server-pid': { type: 'string' } } })
endChildrenOnSignals()
try {
  await setUp(positionals[0] ?? 'start', values['server-pid'] ?? null)
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`)
  process.exitCode = 1
}

async function setUp(what: string, serverPid: string | null): Promise<void> {
  const forTests = what === 'test'
  mkdirSync(join(ROOT, '.cache/environments'), { recursive: true })
  await ensureJoinedPackages(ROOT)
  await ensureSystemPackages(forTests ? TO_TEST : TO_RUN)
  // First, because it may install a Python.
  await ensureEnvironments(ROOT, { which: 'default', retryFailed: forTests })
  if (forTests) return await setUpTheRest()
  await ensureUv(ROOT)
  if (what === 'sandbox') return
  await ensureWebBuild(ROOT)
  if (serverPid !== null) buildTheRestInBackground(serverPid)
}

/** Each step waits for the disk or uses one processor. */
async function setUpTheRest(): Promise<void> {
  const programs = async (): Promise<void> => {
    await ensureUv(ROOT)
    await ensureTy(ROOT)
    await ensureTools(ROOT)
  }
  await Promise.all([ensureEnvironments(ROOT, { which: 'all', retryFailed: true }), programs(), ensureWebBuild(ROOT)])
}

/** Other environments must not delay the start. */
function buildTheRestInBackground(serverPid: string): void {
  const log = openSync(join(ROOT, '.cache/environments.log'), 'w')
  const script = join(import.meta.dirname, 'environments.ts')
  const args = ['--disable-warning=ExperimentalWarning', script, '--all', '--retry', '--while', serverPid]
  spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] }).unref()
}

function explain(error: unknown): string {
  if (error instanceof SetUpError) return error.message
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOSPC') {
    return `Set-up can't write into this clone (${code}): check the folder's owner, mode and free space, then run the same command again.`
  }
  return `Set-up failed: ${error instanceof Error ? error.message : String(error)}`
}
