/**
 * The folders of environments on this server's disk:
 *
 *     wheels/            shared by sandboxes that only install wheels: uv's cache, and one folder for each build
 *     sources/ID/        one build of source distributions, whose programs must not reach other builds
 *     ready/ID/          environments, read-only
 *
 * Builds are renamed into `ready`, so an environment is complete or absent. Hard links need the cache and builds on
 * one mount.
 */

import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { chmod, lstat, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { isObject } from '../../domain/json/is-object.ts'
import { findBuildUser } from '../sandbox/machine/users.ts'

export type ReadyEnvironment = {
  readonly sitePackages: string
  readonly sizeBytes: number
  readonly builtAt: number
}

/** `shared` is mounted in the sandbox. `inside` is relative to it. */
export type Workspace = {
  readonly shared: string
  readonly inside: string
  readonly path: string
  measure(limit: number): Promise<number>
  remove(): Promise<void>
}

/** With `replace`, workers may still use the existing files. */
export type Target = { readonly folder: string; readonly replace: boolean }

type Made = { readonly builtAt: number; readonly sizeBytes?: number }

export type Folders = {
  readonly user: number | null
  readonly wheels: string
  find(id: string): ReadyEnvironment | null
  open(withSources: boolean): Workspace
  /** Returns another server's environment if it was faster. */
  publish(target: Target, workspace: Workspace, made: Made): Promise<ReadyEnvironment>
  remove(id: string): Promise<void>
  isCacheEmpty(): Promise<boolean>
  sweep(now: number): Promise<void>
}

const ABANDONED_MS = 15 * 60_000
/** Files per turn of the event loop, a few milliseconds. */
const AT_ONCE = 200
const REPLACED_MS = 2 * 3600_000

export function createFolders(root: string): Folders {
  const wheels = join(root, 'wheels')
  const sources = join(root, 'sources')
  const ready = join(root, 'ready')
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const user = findBuildUser(wheels)
  const makeForSandbox = (folder: string) => makeFor(user, folder)
  // Another user's cache, such as an earlier version's, can be neither written nor trusted.
  const owner = statSync(wheels, { throwIfNoEntry: false })?.uid
  if (user !== null && owner !== undefined && owner !== user) rmSync(wheels, { recursive: true, force: true })
  for (const folder of [sources, ready]) mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const folder of [wheels, join(wheels, 'builds'), join(wheels, 'cache'), join(wheels, 'tmp')])
    makeForSandbox(folder)

  function find(id: string): ReadyEnvironment | null {
    try {
      const text = readFileSync(join(ready, id, NOTE), 'utf8')
      const found: unknown = JSON.parse(text)
      const sitePackages = join(ready, id, 'site-packages')
      if (!isObject(found) || !lstatSync(sitePackages).isDirectory()) return null
      return { sitePackages, sizeBytes: Number(found.size_bytes), builtAt: Number(found.built_at) }
    } catch {
      return null
    }
  }

  return {
    user,
    wheels,
    find,
    open(withSources) {
      const name = `${process.pid}-${randomBytes(8).toString('hex')}`
      const shared = withSources ? join(sources, name) : wheels
      if (withSources) for (const part of ['', 'cache', 'builds', 'tmp']) makeForSandbox(join(shared, part))
      const inside = join('builds', name)
      const path = join(shared, inside)
      makeForSandbox(path)
      const measure = withSources ? (limit: number) => sizeOf(shared, limit) : measureShared(wheels, path)
      return { shared, inside, path, measure, remove: () => removeTree(withSources ? shared : path) }
    },
    publish: (target, workspace, made) => publish({ ready, find }, target, workspace, made),
    async remove(id) {
      const away = `${join(ready, id)}.${randomBytes(6).toString('hex')}`
      await rename(join(ready, id), away).catch(() => {})
      await removeTree(away)
    },
    isCacheEmpty: async () => (await readdir(join(wheels, 'cache'))).length === 0,
    async sweep(now) {
      const staged = (await readdir(ready)).filter((name) => name.includes('.')).map((name) => join(ready, name))
      const builds = (await readdir(join(wheels, 'builds'))).map((name) => join(wheels, 'builds', name))
      const privates = (await readdir(sources)).map((name) => join(sources, name))
      await removeOlder([...builds, ...privates], now - ABANDONED_MS)
      await removeOlder(staged, now - REPLACED_MS)
    },
  }
}

/** uv unpacks a wheel into a temporary folder, moves it into `archive-v0`, and links its files. */
function measureShared(wheels: string, path: string): Workspace['measure'] {
  const cache = join(wheels, 'cache')
  const list = async (folder: string, start = '') =>
    (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(start)).map((name) => join(folder, name))
  const listAll = async () => [...(await list(cache, '.tmp')), ...(await list(join(cache, 'archive-v0')))]
  const before = listAll()
  return async (limit) => {
    const known = new Set(await before)
    let unpacked = 0
    for (const made of await listAll()) if (!known.has(made)) unpacked += await sizeOf(made, limit - unpacked)
    return Math.max(unpacked, await sizeOf(path, limit))
  }
}

async function removeOlder(paths: readonly string[], before: number): Promise<void> {
  for (const path of paths) {
    const changed = await stat(path).catch(() => null)
    if (changed !== null && changed.mtimeMs < before) await removeTree(path)
  }
}

type Ready = { readonly ready: string; readonly find: Folders['find'] }

async function publish(
  { ready, find }: Ready,
  { folder: id, replace }: Target,
  workspace: Workspace,
  { builtAt, sizeBytes }: Made,
): Promise<ReadyEnvironment> {
  const made = join(workspace.path, 'site-packages')
  if (!(await lstat(made)).isDirectory()) throw new Error('expected a folder of packages, found something else')
  const target = join(ready, id)
  const staged = `${target}.${randomBytes(6).toString('hex')}`
  mkdirSync(staged, { mode: 0o755 })
  const size = sizeBytes ?? (await sizeOf(made))
  await rename(made, join(staged, 'site-packages'))
  if (replace) {
    const away = `${target}.${randomBytes(6).toString('hex')}`
    await rename(target, away).catch(() => {})
    await utimes(away, new Date(), new Date()).catch(() => {})
  }
  await writeFile(join(staged, NOTE), JSON.stringify({ size_bytes: size, built_at: builtAt }))
  // A rename replaces only an empty folder, so both fail for a finished environment.
  await rename(staged, target).catch(async (error: unknown) => {
    await removeTree(staged)
    if (find(id) === null) throw error
  })
  const found = find(id)
  if (found === null) throw new Error('the environment was removed while it was built')
  return found
}

const NOTE = 'environment.json'

function makeFor(user: number | null, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(folder, 0o755)
  if (user !== null && statSync(folder).uid !== user) chownSync(folder, user, user)
}

/** Follows no links of untrusted programs. */
export async function sizeOf(folder: string, limit = Number.POSITIVE_INFINITY): Promise<number> {
  let total = 0
  const waiting = [folder]
  for (let at = waiting.pop(); at !== undefined && total <= limit; at = waiting.pop()) {
    const path = at
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    waiting.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name)))
    const files = entries.filter((entry) => entry.isFile())
    for (let from = 0; from < files.length; from += AT_ONCE) {
      // An asynchronous call per file takes ten times as much: 0.2 s of CPU for 5,000 files.
      for (const { name } of files.slice(from, from + AT_ONCE)) total += sizeOfFile(join(path, name))
      await turn()
    }
  }
  return total
}

function sizeOfFile(path: string): number {
  try {
    return lstatSync(path).size
  } catch {
    return 0
  }
}

async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    await openFolders(path)
    await rm(path, { recursive: true, force: true })
  }
}

async function openFolders(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) return
  await chmod(path, 0o700)
  for (const entry of await readdir(path)) await openFolders(join(path, entry))
}

/** Other servers sweep builds with old times. */
export async function touch({ path, shared }: Workspace, now: number): Promise<void> {
  const at = now / 1000
  for (const folder of [path, shared]) await utimes(folder, at, at).catch(() => {})
}
