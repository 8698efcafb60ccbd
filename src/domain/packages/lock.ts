/** A lock: exact versions with the hashes of their files, in the format of requirements files. */

import { normalizeName } from './requirement.ts'

export type LockedPackage = {
  readonly name: string
  readonly version: string
  /** Whether the source names it itself. */
  readonly direct: boolean
}

const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.!+_-]+)$/
const HASH = /^--hash=sha256:([0-9a-f]{64})$/

export type LockEntry = { readonly name: string; readonly version: string; readonly hashes: readonly string[] }

/**
 * Reads what a resolver wrote. Throws an Error for anything but pinned packages with hashes: a lock is written inside of
 * the walls, where a package's own build script may run, so it is checked line by line.
 */
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

/** Writes a lock in one fixed form, so that equal locks are equal texts. */
export function formatLock(entries: readonly LockEntry[]): string {
  return [...entries]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, hashes }) =>
      [`${name}==${version}`, ...hashes.map((hash) => `    --hash=sha256:${hash}`)].join(' \\\n'),
    )
    .map((entry) => `${entry}\n`)
    .join('')
}

/** The packages of a lock, those that a source names itself marked. */
export function packagesOf(entries: readonly LockEntry[], direct: ReadonlySet<string>): readonly LockedPackage[] {
  return entries.map(({ name, version }) => ({ name, version, direct: direct.has(normalizeName(name)) }))
}
