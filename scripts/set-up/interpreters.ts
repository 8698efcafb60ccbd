import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from './process.ts'

export type Interpreter = {
  /** `python3` for the default runtime, or a name such as `python3.11`. */
  readonly runtime: string
  readonly executable: string
  readonly version: string
}

type Search = {
  readonly path: string
  readonly home: string
  readonly pyenvRoot: string | null
  readonly uvPythons: string
  readonly system: string
}

const OLDEST_MINOR = 6
const SYSTEM_FOLDER = '/usr/bin'
// The path may be a pyenv shim, a shell script that fails inside a sandbox.
const PROBE =
  'import sys; print("%d.%d.%d\\n%s" % (sys.version_info[0], sys.version_info[1], sys.version_info[2], sys.executable))'

function defaultSearch(): Search {
  return {
    path: process.env.PATH ?? '',
    home: homedir(),
    pyenvRoot: process.env.PYENV_ROOT ?? null,
    uvPythons: process.env.UV_PYTHON_INSTALL_DIR ?? join(homedir(), '.local/share/uv/python'),
    system: SYSTEM_FOLDER,
  }
}

/** A sandbox can mount the system's Python anywhere. */
export async function findDefaultInterpreter(search: Search = defaultSearch()): Promise<Interpreter | null> {
  for (const folder of [search.system, ...search.path.split(delimiter)]) {
    if (folder === '') continue
    const found = await probe(join(folder, 'python3'))
    if (found !== null) return { runtime: 'python3', ...found }
  }
  return null
}

/** One per minor version from 3.6, including the default. */
export async function findInterpreters(search: Search = defaultSearch()): Promise<readonly Interpreter[]> {
  const byRuntime = new Map<string, Interpreter>()
  const first = await findDefaultInterpreter(search)
  const found = await Promise.all(listCandidates(search).map(probe))
  for (const item of [first, ...found]) {
    if (item === null) continue
    const runtime = `python${item.version.split('.').slice(0, 2).join('.')}`
    if (!byRuntime.has(runtime)) byRuntime.set(runtime, { ...item, runtime })
  }
  return [...byRuntime.values()].sort((a, b) => minor(a.version) - minor(b.version))
}

function listCandidates({ path, home, pyenvRoot, uvPythons, system }: Search): readonly string[] {
  const folders = [system, ...path.split(delimiter).filter((folder) => folder !== '' && !folder.endsWith('/shims'))]
  const named = folders.flatMap((folder) =>
    list(folder)
      .filter((name) => /^python3(\.\d+)?$/.test(name))
      .map((name) => join(folder, name)),
  )
  const versions = [join(pyenvRoot ?? join(home, '.pyenv'), 'versions'), uvPythons].flatMap((root) =>
    // The newest patch represents its minor version.
    list(root)
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .filter((version) => list(join(root, version, 'bin')).includes('python3'))
      .map((version) => join(root, version, 'bin/python3')),
  )
  return [...new Set([...named, ...versions])]
}

async function probe(path: string): Promise<{ executable: string; version: string } | null> {
  const { status, output } = await run(path, ['-I', '-c', PROBE], { timeoutSeconds: 20 })
  const [version, executable] = output.trim().split('\n').slice(-2)
  if (status !== 0 || version === undefined || !executable || !/^3\.\d+\.\d+$/.test(version)) return null
  return minor(version) >= OLDEST_MINOR ? { executable, version } : null
}

const minor = (version: string): number => Number(version.split('.')[1])

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
