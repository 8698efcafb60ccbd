/** Exact versions and hashes of files, as in requirements files. */

import { normalizeName } from './requirement.ts'

export type LockedPackage = {
  readonly name: string
  readonly version: string
  readonly direct: boolean
}

const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.!+_-]+)$/
const HASH = /^--hash=sha256:([0-9a-f]{64})$/

export type LockEntry = { readonly name: string; readonly version: string; readonly hashes: readonly string[] }

/** Checks each line: a package's build script may run in the resolver's sandbox. */
export function parseLock(text: string): readonly LockEntry[] {
  const entries: LockEntry[] = []
  for (const line of text.replaceAll(/\\\r?\n/g, ' ').split('\n')) {
    const [pinned, ...hashes] = line.trim().split(/\s+/)
    if (pinned === undefined || pinned === '' || pinned.startsWith('#')) continue
    const [, name, version] = LINE.exec(pinned) ?? []
    const digests = hashes.map((hash) => HASH.exec(hash)?.[1])
    if (name === undefined || version === undefined || digests.length === 0 || digests.includes(undefined)) {
      throw new Error(`the lock has a line without version and hashes: ${JSON.stringify(line.slice(0, 200))}`)
    }
    entries.push({ name, version, hashes: digests.filter((digest) => digest !== undefined).sort() })
  }
  return entries
}

export function formatLock(entries: readonly LockEntry[]): string {
  return [...entries]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, hashes }) =>
      [`${name}==${version}`, ...hashes.map((hash) => `    --hash=sha256:${hash}`)].join(' \\\n'),
    )
    .map((entry) => `${entry}\n`)
    .join('')
}

export function packagesOf(entries: readonly LockEntry[], direct: ReadonlySet<string>): readonly LockedPackage[] {
  return entries.map(({ name, version }) => ({ name, version, direct: direct.has(normalizeName(name)) }))
}
