import { type Language, languageOf } from '../shared/language.ts'
import type { LockedPackage } from './lock.ts'
import { packagesOf, parseLock } from './lock.ts'
import { parseNpmLock } from './npm-lock.ts'

export type LockedFile = {
  readonly name: string
  readonly version: string
  readonly algorithm: 'SHA-256' | 'SHA-512'
  readonly hashes: readonly string[]
}

export function readLock(lock: string, runtime: string): readonly LockedFile[] {
  if (lock === '') return []
  if (languageOf(runtime) === 'python') {
    return parseLock(lock).map((entry) => ({ ...entry, algorithm: 'SHA-256' }))
  }
  return parseNpmLock(lock).map(({ name, version, sha512 }) => ({
    name,
    version,
    algorithm: 'SHA-512',
    hashes: sha512 === null ? [] : [Buffer.from(sha512, 'base64').toString('hex')],
  }))
}

export function lockedPackages(
  lock: string,
  language: Language,
  direct: ReadonlySet<string>,
): readonly LockedPackage[] {
  if (language === 'python') return packagesOf(parseLock(lock), direct)
  const entries = parseNpmLock(lock).map(({ path, name, version }) => ({
    name,
    version,
    direct: [...direct].some((one) => path === `node_modules/${one}`),
  }))
  const unique = new Map(entries.map((entry) => [`${entry.name}@${entry.version}`, entry]))
  for (const entry of entries) if (entry.direct) unique.set(`${entry.name}@${entry.version}`, entry)
  return [...unique.values()]
}
