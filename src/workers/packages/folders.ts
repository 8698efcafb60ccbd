/**
 * The folders of environments on this server's disk:
 *
 *     wheels/            what sandboxes that only install wheels share: uv's cache, and one folder for each build
 *     sources/ID/        the same for one build of source distributions, whose programs must not reach the others'
 *     ready/ID/          environments, read-only
 *
 * A build is moved from one of the first two to `ready` in one step, so an environment is whole or is not there. Hard links
 * need one mount, so cache and builds share a folder.
 */

import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { chmod, lstat, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { isObject } from '../../domain/json.ts'
import { findBuildUser } from '../sandbox/users.ts'
import { addBytecode } from './add-bytecode.ts'

/** `isCompiled`: false while some of its modules have no bytecode. Functions run with it, and compile what they import in memory. */
export type ReadyEnvironment = {
  readonly sitePackages: string
  readonly sizeBytes: number
  readonly builtAt: number
  readonly isCompiled: boolean
}

/** A folder for one build. `shared`: what the sandbox is shown; `inside`: the build's own folder, relative to it. */
export type Workspace = {
  readonly shared: string
  readonly inside: string
  readonly path: string
  /** The bytes that the build has written, also to a cache that it shares; it stops counting above the limit. */
  measure(limit: number): Promise<number>
  remove(): Promise<void>
}

/** The folder of an environment. `replace`: also where a finished one is there, which workers may go on using for a while. */
export type Target = { readonly folder: string; readonly replace: boolean }

/** A finished build. `sizeBytes`: where it is known; `isCompiled`: true when it is left out. */
type Made = { readonly builtAt: number; readonly sizeBytes?: number; readonly isCompiled?: boolean }

export type Folders = {
  /** The user that builds: the owner of what sandboxes may write to. Null: the server's own. */
  readonly user: number | null
  /** What sandboxes that only install wheels are shown. */
  readonly wheels: string
  find(id: string): ReadyEnvironment | null
  open(withSources: boolean): Workspace
  /** Moves a finished build to its place. Another server may have been faster; then that one's counts. */
  publish(target: Target, workspace: Workspace, made: Made): Promise<ReadyEnvironment>
  /**
   * Adds the bytecode of a build to an environment that is ready without it. Where that has other files, the build takes its place.
   * Null: it was removed.
   */
  complete(id: string, workspace: Workspace, now: number): Promise<ReadyEnvironment | null>
  /** Those whose bytecode is not there yet. */
  listUncompiled(): Promise<readonly string[]>
  remove(id: string): Promise<void>
  /** Whether uv and npm have kept nothing yet. */
  isCacheEmpty(): Promise<boolean>
  /** Removes builds whose server died. */
  sweep(now: number): Promise<void>
}

const ABANDONED_MS = 15 * 60_000
/** Files that are looked at without letting others on: some milliseconds. */
const AT_ONCE = 200
/** Longer than the longest run. */
const REPLACED_MS = 2 * 3600_000

/** `now` in milliseconds. */
export function createFolders(root: string): Folders {
  const wheels = join(root, 'wheels')
  const sources = join(root, 'sources')
  const ready = join(root, 'ready')
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const user = findBuildUser(wheels)
  const makeForSandbox = (folder: string) => makeFor(user, folder)
  // A cache of another user, such as that of an earlier version, could neither be written to nor trusted.
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
      const isCompiled = found.compiled !== false
      return { sitePackages, sizeBytes: Number(found.size_bytes), builtAt: Number(found.built_at), isCompiled }
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
    complete: (id, workspace, now) => complete({ ready, find }, id, workspace, now),
    listUncompiled: async () =>
      (await readdir(ready)).filter((id) => !id.includes('.') && find(id)?.isCompiled === false),
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

/** uv unpacks a wheel into a temporary folder of its cache, moves that into `archive-v0`, and links its files into the build. */
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

async function complete(
  { ready, find }: Ready,
  id: string,
  workspace: Workspace,
  now: number,
): Promise<ReadyEnvironment | null> {
  const before = find(id)
  if (before === null || before.isCompiled) return before
  const isThere = () => find(id)?.builtAt === before.builtAt
  const added = await addBytecode(join(workspace.path, 'site-packages'), before.sitePackages, isThere)
  if (added === 'gone' || !isThere()) return null
  if (added === 'other')
    return await publish({ ready, find }, { folder: id, replace: true }, workspace, { builtAt: now })
  const note = join(ready, id, NOTE)
  const beside = `${note}.${randomBytes(6).toString('hex')}`
  const done = { ...before, sizeBytes: before.sizeBytes + added.bytes, isCompiled: true }
  await writeFile(beside, noteOf(done))
  await rename(beside, note)
  return done
}

async function publish(
  { ready, find }: Ready,
  { folder: id, replace }: Target,
  workspace: Workspace,
  { builtAt, sizeBytes, isCompiled = true }: Made,
): Promise<ReadyEnvironment> {
  const made = join(workspace.path, 'site-packages')
  if (!(await lstat(made)).isDirectory()) throw new Error('expected a folder of packages, found something else')
  const target = join(ready, id)
  const staged = `${target}.${randomBytes(6).toString('hex')}`
  mkdirSync(staged, { mode: 0o755 })
  const size = sizeBytes ?? (await sizeOf(made))
  await rename(made, join(staged, 'site-packages'))
  if (replace) {
    // Its files stay for workers that have them mounted; `sweep` removes them later.
    const away = `${target}.${randomBytes(6).toString('hex')}`
    await rename(target, away).catch(() => {})
    await utimes(away, new Date(), new Date()).catch(() => {})
  }
  await writeFile(join(staged, NOTE), noteOf({ sizeBytes: size, builtAt, isCompiled }))
  // Both fail where a finished environment is there already: a folder is only replaced while it is empty.
  await rename(staged, target).catch(async (error: unknown) => {
    await removeTree(staged)
    if (find(id) === null) throw error
  })
  const found = find(id)
  if (found === null) throw new Error('the environment was removed while it was built')
  return found
}

/** Beside the packages of an environment. */
const NOTE = 'environment.json'

const noteOf = ({ sizeBytes, builtAt, isCompiled }: Omit<ReadyEnvironment, 'sitePackages'>): string =>
  JSON.stringify({ size_bytes: sizeBytes, built_at: builtAt, ...(isCompiled ? {} : { compiled: false }) })

/** A folder that the user of sandboxes owns; null: the server's own. */
function makeFor(user: number | null, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(folder, 0o755)
  if (user !== null && statSync(folder).uid !== user) chownSync(folder, user, user)
}

/** Bytes of all files of a tree. It may have been written by a stranger's program, so links are not followed. */
export async function sizeOf(folder: string, limit = Number.POSITIVE_INFINITY): Promise<number> {
  let total = 0
  const waiting = [folder]
  for (let at = waiting.pop(); at !== undefined && total <= limit; at = waiting.pop()) {
    const path = at
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    waiting.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name)))
    const files = entries.filter((entry) => entry.isFile())
    for (let from = 0; from < files.length; from += AT_ONCE) {
      // A call for each of 5,000 files in the background takes some 0.2 s of processor, and here a tenth of that.
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

/** Folders that a build made read-only are opened first where the server is no root. */
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

/** Shows other servers on this folder that a build goes on. */
export async function touch({ path, shared }: Workspace, now: number): Promise<void> {
  const at = now / 1000
  for (const folder of [path, shared]) await utimes(folder, at, at).catch(() => {})
}
