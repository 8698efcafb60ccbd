/** Brings uv, which resolves and installs the packages of workflows: `.cache/uv/uv`, from a wheel whose hash is pinned. */

import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findDefaultInterpreter } from './interpreters.ts'
import { withLock } from './lock.ts'
import { installPackages } from './pip.ts'
import { say } from './process.ts'

/**
 * Makes `.cache/uv/uv` the release that `scripts/requirements/uv` pins; does nothing when it is that already. Where the
 * package index is out of reach it says so: everything works but the packages of workflows.
 */
export async function ensureUv(root: string): Promise<void> {
  const folder = join(root, '.cache/uv')
  const file = join(root, 'scripts/requirements/uv/base.txt')
  const wanted = await readFile(file, 'utf8')
  const isDone = async () =>
    existsSync(join(folder, 'uv')) && (await readFile(join(folder, 'from'), 'utf8').catch(() => '')) === wanted
  if (await isDone()) return
  await mkdir(folder, { recursive: true })
  const problem = await withLock(join(folder, '.lock'), async () => ((await isDone()) ? null : install(folder, file)))
  if (problem !== null) say(`uv is missing, so workflows that declare packages cannot be deployed: ${problem}`)
}

async function install(folder: string, file: string): Promise<string | null> {
  const interpreter = await findDefaultInterpreter()
  if (interpreter === null) return 'it is installed by Python, and there is none.'
  say('Installing uv, for the packages of workflows…')
  const scratch = join(folder, '.building')
  const target = join(scratch, 'target')
  try {
    await rm(scratch, { recursive: true, force: true })
    await mkdir(target, { recursive: true })
    const text = await readFile(file, 'utf8')
    const problem = await installPackages({
      interpreter,
      requirements: { file, text },
      target,
      scratch,
    })
    if (problem !== null) return problem
    await chmod(join(target, 'bin/uv'), 0o755)
    // The program first: where the second step is not reached, the next start does both again.
    await rename(join(target, 'bin/uv'), join(folder, 'uv'))
    await writeFile(join(folder, 'from'), text)
    return null
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
