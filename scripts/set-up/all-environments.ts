import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureEnvironment } from './environments.ts'
import { findDefaultInterpreter, findInterpreters, type Interpreter } from './interpreters.ts'
import { SetUpError, say } from './process.ts'
import { installDebianPackages } from './system-packages.ts'

type Wanted = {
  readonly which: 'default' | 'all'
  readonly retryFailed: boolean
}

/** Throws a SetUpError without a Python. */
export async function ensureEnvironments(root: string, { which, retryFailed }: Wanted): Promise<void> {
  const folders = { environments: join(root, '.cache/environments'), requirements: join(root, 'scripts/requirements') }
  mkdirSync(folders.environments, { recursive: true })
  const first = await findOrInstallPython()
  const interpreters: readonly Interpreter[] = which === 'all' ? [first, ...(await findInterpreters())] : [first]
  for (const interpreter of interpreters) {
    const { error } = await ensureEnvironment(folders, interpreter, { retryFailed })
    if (error !== null) say(`${interpreter.runtime} has no packages, only Python's own library: ${error}`)
  }
}

async function findOrInstallPython(): Promise<Interpreter> {
  const found = await findDefaultInterpreter()
  if (found !== null) return found
  const problem = await installDebianPackages(['python3', 'python3-venv'])
  const installed = problem === null ? await findDefaultInterpreter() : null
  if (installed !== null) return installed
  throw new SetUpError(
    `Python 3.6 or newer is needed to run workflows, and no python3 was found on PATH.${problem === null ? '' : `\n${problem}`}`,
  )
}
