import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isObject } from '../../../domain/json/is-object.ts'
import type { Language } from '../../../domain/shared/language.ts'
import { type Found, openKnownPythons } from './known-pythons.ts'

export type Interpreter = {
  readonly name: string
  readonly language: Language
  readonly executable: string
  /** Mounted at the same path. */
  readonly prefix: string
  readonly version: string
}

export type Environment = {
  readonly sitePackages: string | null
  readonly packages: Readonly<Record<string, string>>
  readonly error: string | null
}

type Prepared = Environment & { readonly executable: string; readonly version: string }

export const DEFAULT_RUNTIME = 'python3'
const OLDEST_MINOR = 6
const NEWEST_MINOR = 14
const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin']
const IDENTIFY = `import os, sys
print(os.path.realpath(sys.executable)); print(sys.base_prefix); print("%d.%d.%d" % sys.version_info[:3])`
const NODE_RUNTIME = 'node24'
const NODE_MAJOR = '24.'
const NODE_MODULES = join(import.meta.dirname, '../../../../node_modules')
const PINNED_NODES = ['linux-x64', 'linux-arm64'].map((platform) =>
  join(NODE_MODULES, `node-${platform}`, 'bin', 'node'),
)
const run = promisify(execFile)

/** Precedence: Pythons with an environment from set-up, the system, pyenv, uv. One is named `python3`. */
export async function discoverInterpreters(
  cacheDir: string,
  folders: readonly string[],
): Promise<ReadonlyMap<string, Interpreter>> {
  const prepared = preparedExecutables(cacheDir)
  const candidates = [...new Set([...prepared.values(), ...folders.flatMap(listPythons)])]
  const identified = await identifyAll(candidates, cacheDir)
  const interpreters = new Map<string, Interpreter>()
  const add = (name: string, found: Found | null | undefined) => {
    if (found && !interpreters.has(name)) interpreters.set(name, { ...found, name, language: 'python' })
  }
  for (const [name, path] of prepared) add(name, identified.get(path))
  const system = identified.get('/usr/bin/python3')
  add(DEFAULT_RUNTIME, system)
  for (const found of identified.values()) if (found) add(`python3.${minorOf(found.version)}`, found)
  const newest = [...interpreters.values()].sort((a, b) => minorOf(b.version) - minorOf(a.version))[0]
  add(DEFAULT_RUNTIME, newest)
  return interpreters
}

/** Returns the pinned Node 24, or the server's own Node of that version. Sandboxes mount its folder: no secrets. */
export async function findNode(
  candidates: readonly string[] = [...PINNED_NODES, process.execPath],
): Promise<Interpreter | null> {
  for (const path of candidates.filter((candidate) => existsSync(candidate))) {
    const version = await identifyNode(path)
    if (version?.startsWith(NODE_MAJOR)) {
      const executable = await realpath(path)
      return { name: NODE_RUNTIME, language: 'javascript', executable, prefix: dirname(executable), version }
    }
  }
  return null
}

async function identifyNode(path: string): Promise<string | null> {
  try {
    if ((await realpath(path)) === process.execPath) return process.versions.node
    const { stdout } = await run(path, ['--version'], { timeout: 20_000, env: {} })
    return stdout.trim().replace(/^v/, '')
  } catch {
    return null
  }
}

/** Set-up may install packages while the server runs. */
export function readEnvironment(cacheDir: string, interpreter: Interpreter): Environment {
  const prepared = readPrepared(cacheDir, interpreter.name)
  const fits = prepared !== null && minorOf(prepared.version) === minorOf(interpreter.version)
  return fits ? prepared : { sitePackages: null, packages: {}, error: null }
}

function preparedExecutables(cacheDir: string): Map<string, string> {
  const executables = new Map<string, string>()
  for (const name of list(join(cacheDir, 'environments')).filter((entry) => /^python3(\.\d+)?$/.test(entry))) {
    const prepared = readPrepared(cacheDir, name)
    if (prepared !== null) executables.set(name, prepared.executable)
  }
  return executables
}

function readPrepared(cacheDir: string, name: string): Prepared | null {
  const folder = join(cacheDir, 'environments', name)
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8'))
    if (!isObject(found) || typeof found.executable !== 'string' || typeof found.version !== 'string') return null
    const packages = isObject(found.packages) ? found.packages : {}
    const sitePackages = join(folder, 'site-packages')
    return {
      executable: found.executable,
      version: found.version,
      error: typeof found.error === 'string' ? found.error : null,
      packages: Object.fromEntries(Object.entries(packages).map(([key, value]) => [key, String(value)])),
      sitePackages: existsSync(sitePackages) ? sitePackages : null,
    }
  } catch {
    return null
  }
}

/** Starts a file with many links once. */
async function identifyAll(paths: readonly string[], cacheDir: string): Promise<ReadonlyMap<string, Found | null>> {
  const known = await openKnownPythons(cacheDir)
  const started = new Map<string, Promise<Found | null>>()
  const start = async (file: string, path: string) => (await known.find(file)) ?? (await identify(path))
  const each = paths.map(async (path) => {
    const file = await realpath(path).catch(() => path)
    const found = started.get(file) ?? start(file, path)
    started.set(file, found)
    return [path, await found] as const
  })
  const identified = new Map(await Promise.all(each))
  const files = await Promise.all([...started].map(async ([file, found]) => [file, await found] as const))
  await known.keep(new Map(files))
  return identified
}

async function identify(path: string): Promise<Found | null> {
  try {
    const { stdout } = await run(path, ['-I', '-S', '-c', IDENTIFY], { timeout: 20_000, env: {} })
    const [executable, prefix, version] = stdout.split('\n')
    if (!executable || !prefix || !version) return null
    const minor = minorOf(version)
    return version.startsWith('3.') && minor >= OLDEST_MINOR && minor <= NEWEST_MINOR
      ? { executable, prefix, version }
      : null
  } catch {
    return null
  }
}

export function listPythonFolders(uvPythons = join(homedir(), '.local/share/uv/python')): readonly string[] {
  const versions = [join(homedir(), '.pyenv/versions'), uvPythons].flatMap((root) =>
    // Newest patch release first.
    list(root)
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => join(root, name, 'bin')),
  )
  return [...SYSTEM_FOLDERS, ...versions]
}

function listPythons(folder: string): string[] {
  return list(folder)
    .filter((name) => /^python3(\.\d+)?$/.test(name))
    .sort()
    .map((name) => join(folder, name))
}

function minorOf(version: string): number {
  return Number(version.split('.')[1])
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

export type Runtime = {
  readonly name: string
  readonly language: Language
  readonly version: string
  readonly usable: boolean
  readonly reason: string | null
  readonly packages: Readonly<Record<string, string>>
}
