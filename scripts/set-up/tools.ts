import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureEnvironment } from './environments.ts'
import { findInterpreters } from './interpreters.ts'
import { SetUpError } from './process.ts'

const OLDEST_MINOR = 11

export type Tools = { readonly python: string; readonly sitePackages: string }

export async function ensureTools(root: string): Promise<Tools> {
  const folders = { environments: join(root, '.cache/tools'), requirements: join(root, 'scripts/requirements/tools') }
  mkdirSync(folders.environments, { recursive: true })
  const newest = (await findInterpreters()).at(-1)
  if (newest === undefined || Number(newest.version.split('.')[1]) < OLDEST_MINOR) {
    throw new SetUpError(`The tests need Python 3.${OLDEST_MINOR} or newer, found ${newest?.version ?? 'none'}.`)
  }
  const { error } = await ensureEnvironment(folders, newest, { retryFailed: true })
  if (error !== null) throw new SetUpError(`The tests' tools could not be installed: ${error}`)
  return { python: newest.executable, sitePackages: join(folders.environments, newest.runtime, 'site-packages') }
}
