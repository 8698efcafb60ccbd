/**
 * The default packages of each Python interpreter, built once per clone, so that a new data directory reuses them.
 *
 *     .cache/environments/<runtime>/site-packages/     hrflow, requests and what they need
 *     .cache/environments/<runtime>/environment.json   {runtime, version, executable, packages, error, key}
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Interpreter } from './interpreters.ts'
import { withLock } from './lock.ts'
import { installPackages } from './pip.ts'
import { say } from './process.ts'

export type Environment = {
  readonly runtime: string
  readonly version: string
  readonly executable: string
  readonly packages: Readonly<Record<string, string>>
  /** Reason of missing packages, or null. */
  readonly error: string | null
  readonly key: string
}
const SCRATCH = '.building-'

type Folders = { readonly environments: string; readonly requirements: string }
type Options = {
  /** Failed builds usually could not reach the index. */
  readonly retryFailed: boolean
}

/** Without a package index, returns an older environment, or the bare interpreter with the reason in `error`. */
export async function ensureEnvironment(
  folders: Folders,
  interpreter: Interpreter,
  options: Options,
): Promise<Environment> {
  const folder = join(folders.environments, interpreter.runtime)
  const requirements = await readRequirements(folders.requirements, interpreter.version)
  const key = hashOf([interpreter.executable, interpreter.version, requirements.text ?? ''])
  const isDone = (found: Environment | null): found is Environment =>
    found?.key === key && (found.error === null || !options.retryFailed)
  const present = await readEnvironment(folder)
  // Before the lock: a start need not wait for another build.
  if (isDone(present)) return present
  return withLock(join(folders.environments, '.lock'), async () => {
    const meanwhile = await readEnvironment(folder)
    return isDone(meanwhile) ? meanwhile : replace({ folders, interpreter, key, requirements, present: meanwhile })
  })
}

type MaybeRequirements = { readonly file: string; readonly text: string | null }
type Replace = Omit<Build, 'scratch'> & {
  folders: Folders
  requirements: MaybeRequirements
  present: Environment | null
}

async function replace({ folders, interpreter, key, requirements, present }: Replace): Promise<Environment> {
  const folder = join(folders.environments, interpreter.runtime)
  await sweep(folders.environments)
  const scratch = join(folders.environments, `${SCRATCH}${interpreter.runtime}`)
  try {
    const environment =
      (await copyTwin(folders.environments, { interpreter, key, scratch })) ??
      (await build({ interpreter, key, scratch, requirements }))
    if (environment.error !== null && present?.error === null && present.executable === interpreter.executable) {
      say(`${interpreter.runtime} keeps its older packages: ${environment.error}`)
      return present
    }
    await publish(scratch, folder, environment)
    return environment
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The caller holds the lock, so no build runs. */
async function sweep(environments: string): Promise<void> {
  for (const name of await readdir(environments)) {
    if (name.startsWith(SCRATCH)) await rm(join(environments, name), { recursive: true, force: true })
  }
}

/** Null for an unfinished environment. */
export async function readEnvironment(folder: string): Promise<Environment | null> {
  try {
    const environment: Environment = JSON.parse(await readFile(join(folder, 'environment.json'), 'utf8'))
    return existsSync(join(folder, 'site-packages')) ? environment : null
  } catch {
    return null
  }
}

type Build = { readonly interpreter: Interpreter; readonly key: string; readonly scratch: string }

async function build({
  interpreter,
  key,
  scratch,
  requirements,
}: Build & { requirements: MaybeRequirements }): Promise<Environment> {
  const target = join(scratch, 'done/site-packages')
  await mkdir(target, { recursive: true })
  say(`Making the Python environment ${interpreter.runtime} (${interpreter.version}, ${interpreter.executable})…`)
  const { file, text } = requirements
  const error =
    text === null
      ? `scripts/requirements has no lock for Python ${interpreter.version}. Install an older Python beside it.`
      : await installPackages({ interpreter, requirements: { file, text }, target, scratch })
  if (error !== null) {
    await rm(target, { recursive: true, force: true })
    await mkdir(target)
  }
  return { ...interpreter, packages: await listPackages(target), error, key }
}

/** `python3` and `python3.13` are often one interpreter. */
async function copyTwin(environments: string, { interpreter, key, scratch }: Build): Promise<Environment | null> {
  for (const name of await readdir(environments).catch(() => [])) {
    const twin = name.startsWith('.') ? null : await readEnvironment(join(environments, name))
    if (twin === null || twin.key !== key || twin.error !== null || twin.runtime === interpreter.runtime) continue
    await linkTree(join(environments, name, 'site-packages'), join(scratch, 'done/site-packages'))
    return { ...twin, ...interpreter }
  }
  return null
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)]
    await (entry.isDirectory() ? linkTree(source, copy) : link(source, copy))
  }
}

/** A sandbox keeps mounted files until they are unlinked. */
async function publish(scratch: string, folder: string, environment: Environment): Promise<void> {
  const done = join(scratch, 'done')
  await writeFile(join(done, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`)
  await openToAll(done)
  if (existsSync(folder)) await rename(folder, join(scratch, 'replaced'))
  await rename(done, folder)
}

/** The sandbox runs under another uid. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, 0o644)
  }
}

async function listPackages(target: string): Promise<Record<string, string>> {
  const packages: Record<string, string> = {}
  for (const name of (await readdir(target)).sort()) {
    const match = /^(.+?)-([^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info$/.exec(name)
    if (match?.[1] !== undefined && match[2] !== undefined)
      packages[match[1].replaceAll('_', '-').toLowerCase()] = match[2]
  }
  return packages
}

/** `text` is null if neither lock exists. */
async function readRequirements(folder: string, version: string): Promise<MaybeRequirements> {
  const own = join(folder, `python${version.split('.').slice(0, 2).join('.')}.txt`)
  const file = existsSync(own) ? own : join(folder, 'base.txt')
  return { file, text: existsSync(file) ? await readFile(file, 'utf8') : null }
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
}
