/** Canonical package-lock.json (version 3), without registry URLs. */

import { isObject } from '../json/is-object.ts'
import type { NpmRequirement } from './npm-specifier.ts'

export type NpmEntry = {
  readonly path: string
  readonly name: string
  readonly version: string
  /** Base64. Null: bundled in another tarball. */
  readonly sha512: string | null
  readonly hasInstallScript: boolean
}

const PATH = /^node_modules\/(?:@[\w.~-]+\/)?[\w~-][\w.~-]*(?:\/node_modules\/(?:@[\w.~-]+\/)?[\w~-][\w.~-]*)*$/
const VERSION = /^\d+\.\d+\.\d[0-9A-Za-z.+-]*$/
const NAME = /^(?:@[\w.~-]+\/)?[\w~-][\w.~-]*$/
const SHA512 = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)(?:\s|$)/
const KEPT = [
  'name version integrity inBundle hasInstallScript optional peer devOptional os cpu libc',
  'dependencies optionalDependencies peerDependencies peerDependenciesMeta bundleDependencies',
]
  .join(' ')
  .split(' ')

/** Throws for a package without a hash or from outside a registry. */
export function formatNpmLock(text: string, isOurs: (address: string) => boolean): string {
  const packages = readPackages(text)
  const kept: Record<string, object> = { '': { dependencies: packages['']?.dependencies ?? {} } }
  for (const path of Object.keys(packages).sort()) {
    const entry = packages[path]
    if (path === '' || entry === undefined) continue
    const { resolved } = entry
    if (entry.link === true || (resolved !== undefined && !(typeof resolved === 'string' && isOurs(resolved)))) {
      throw new Error(
        `${path} comes from ${JSON.stringify(resolved ?? 'a link')}: packages come from the registry alone`,
      )
    }
    readEntry(path, entry)
    kept[path] = Object.fromEntries(KEPT.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])))
  }
  return `${JSON.stringify({ name: 'workflow', lockfileVersion: 3, requires: true, packages: kept }, null, 1)}\n`
}

export function parseNpmLock(text: string): readonly NpmEntry[] {
  return Object.entries(readPackages(text)).flatMap(([path, entry]) => (path === '' ? [] : [readEntry(path, entry)]))
}

/** npm installs nothing if the manifest and the lock differ. */
export function manifestOf(lock: string): string {
  return JSON.stringify({ name: 'workflow', private: true, dependencies: readPackages(lock)['']?.dependencies ?? {} })
}

export function manifestFor(requirements: readonly NpmRequirement[]): string {
  const dependencies = Object.fromEntries(requirements.map(({ name, range }) => [name, range]))
  return JSON.stringify({ name: 'workflow', private: true, dependencies })
}

function readPackages(text: string): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const lock: unknown = JSON.parse(text)
  if (!isObject(lock) || lock.lockfileVersion !== 3 || !isObject(lock.packages)) {
    throw new Error('expected a lock of version 3')
  }
  const entries = Object.entries(lock.packages)
  return Object.fromEntries(entries.map(([path, entry]) => [path, isObject(entry) ? entry : {}]))
}

function readEntry(path: string, { name, version, integrity, inBundle, hasInstallScript }: Record<string, unknown>) {
  const named = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  if (!PATH.test(path) || typeof named !== 'string' || !NAME.test(named)) {
    throw new Error(`expected the path of a package, found ${JSON.stringify(path.slice(0, 200))}`)
  }
  if (typeof version !== 'string' || !VERSION.test(version)) throw new Error(`${path}: expected an exact version`)
  const [, sha512 = null] = SHA512.exec(typeof integrity === 'string' ? integrity : '') ?? []
  if (sha512 === null && inBundle !== true) {
    throw new Error(`${named} ${version}: the registry has no SHA-512 hash of its file, so it is not installed`)
  }
  return { path, name: named, version, sha512, hasInstallScript: hasInstallScript === true }
}
