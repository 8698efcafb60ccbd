import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type PythonPackage = {
  readonly name: string
  readonly version: string
  readonly hashes: readonly string[]
  /** The locks that name it, such as `python3.13`. */
  readonly locks: readonly string[]
}

export function readPythonPackages(root: string): readonly PythonPackage[] {
  const folder = join(root, 'scripts/requirements')
  const locks = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  const found = new Map<string, PythonPackage>()
  for (const lock of [...locks.sort(), 'uv/base.txt']) {
    const text = readFileSync(join(folder, lock), 'utf8').replaceAll('\\\n', ' ')
    for (const [, name = '', version = '', rest = ''] of text.matchAll(/^([\w.-]+)==([\w.]+)(.*)$/gm)) {
      const key = `${name}==${version}`
      const hashes = [...rest.matchAll(/sha256:([0-9a-f]{64})/g)].map(([, hash = '']) => hash)
      const known = found.get(key) ?? { name, version, hashes, locks: [] }
      found.set(key, { ...known, locks: [...known.locks, lock.replace(/(?:\/base)?\.txt$/, '')] })
    }
  }
  return [...found.values()]
}

/** Returns null without JSON output. */
export function askNpm(root: string, args: readonly string[]): object | null {
  const own = process.env.npm_execpath
  const [file, ...first] = own === undefined ? ['npm'] : [process.execPath, own]
  const { stdout } = spawnSync(file ?? 'npm', [...first, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 120_000,
  })
  try {
    const answer: unknown = JSON.parse(stdout)
    return typeof answer === 'object' ? answer : null
  } catch {
    return null
  }
}
