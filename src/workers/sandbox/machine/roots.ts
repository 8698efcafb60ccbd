/** All temporary folders of a server. The next server removes the roots of a killed one. */

import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { guard } from '../../../guard.ts'
import { type HeldLock, holdLock } from '../../../held-lock.ts'
import { startProcess } from '../process/start-process.ts'

type Root = { readonly path: string; readonly lock: HeldLock }
type Log = { info(facts: object, message: string): void; warn(facts: object, message: string): void }

const guarded = guard('the folders of this process')

const PREFIX = 'workflows-server-'
const IS_ROOT = /^workflows-server-\w{6}$/
const LOCK = 'lock'
const TRIES = 10

const roots = new Map<string, Root>()

/** Returns the root of this process in `parent`. Every user may enter it, only this one list or change it. */
export function rootIn(parent: string): string {
  const known = roots.get(parent)
  if (known !== undefined) return known.path
  const root = makeRoot(parent)
  if (roots.size === 0) process.once('exit', guarded(removeEmptyRoots))
  roots.set(parent, root)
  return root.path
}

/** Removes what killed servers of this user left next to this one's roots. */
export async function removeAbandoned(log: Log, signal: AbortSignal): Promise<void> {
  const attempt = async (path: string, remove: (path: string) => Promise<unknown>) => {
    try {
      if (await remove(path)) log.info({ path }, 'removed the folder of a killed server')
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, path }, 'could not remove what killed servers left')
    }
  }
  const removeIn = async (parent: string): Promise<void> => {
    // Otherwise another user could replace a root after its check.
    if (!isSafeParent(statSync(parent))) return
    for await (const { name } of await opendir(parent)) {
      if (signal.aborted) return
      const path = join(parent, name)
      if (path === roots.get(parent)?.path) continue
      if (IS_ROOT.test(name) && isOwnFolder(path)) await attempt(path, (root) => removeRoot(root, signal))
    }
  }
  for (const parent of roots.keys()) await attempt(parent, removeIn)
}

function makeRoot(parent: string): Root {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const path = mkdtempSync(join(parent, PREFIX))
    const lock = lockNew(path)
    if (lock === null) continue
    chmodSync(path, 0o711)
    return { path, lock }
  }
  throw new Error(`new folders in ${parent} cannot be locked`)
}

/** Null if another server found the root before the lock was held, and removes it. */
function lockNew(path: string): HeldLock | null {
  try {
    closeSync(openSync(join(path, LOCK), 'wx', 0o600))
    return holdLock(join(path, LOCK))
  } catch (error) {
    if (!existsSync(path)) return null
    rmSync(path, { recursive: true, force: true })
    throw error
  }
}

async function removeRoot(path: string, signal: AbortSignal): Promise<boolean> {
  const lockPath = join(path, LOCK)
  // A live server's lock may have been removed as an old file of /tmp. An empty folder is of a server that died at its
  // start.
  if (lstatSync(lockPath, { throwIfNoEntry: false })?.isFile() !== true) return removeEmpty(path)
  const lock = holdLock(lockPath)
  if (lock === null) return false
  try {
    const names = readdirSync(path).filter((name) => name !== LOCK)
    if (names.length > 0) await removeTrees(path, names, signal)
    // In this order, a server that just made this root notices the lost lock or keeps the root.
    unlinkSync(lockPath)
    return removeEmpty(path)
  } finally {
    lock.close()
  }
}

/** Node's rm would follow a link that a function's process puts there during the removal. */
async function removeTrees(folder: string, names: readonly string[], signal: AbortSignal): Promise<void> {
  const remove = () => run(folder, ['rm', '-rf', '--', ...names], signal)
  if ((await remove()) === null) return
  await openTrees(folder, names, signal)
  const problem = await remove()
  if (problem !== null) throw new Error(`rm failed (${problem})`)
}

/** Functions leave read-only folders. Root needs no chmod, which would follow a link in its arguments. */
export async function openTrees(folder: string, names: readonly string[], signal?: AbortSignal): Promise<void> {
  const folders = names.filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory())
  if (folders.length > 0) await run(folder, ['chmod', '-R', 'u+rwx', '--', ...folders], signal)
}

/** Returns the problem or null. */
async function run(
  cwd: string,
  [program, ...args]: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<string | null> {
  const child = await startProcess(program, args, { stdio: 'ignore', cwd })
  try {
    const [code, killed] = await once(child, 'exit', signal && { signal })
    return code === 0 ? null : String(killed ?? `exit code ${code}`)
  } finally {
    child.kill()
  }
}

function removeEmptyRoots(): void {
  for (const { path } of roots.values())
    try {
      if (readdirSync(path).length > 1) continue
      unlinkSync(join(path, LOCK))
      removeEmpty(path)
    } catch {}
}

function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch {
    return false
  }
}

function isOwnFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === process.geteuid?.() && !isWritableByOthers(found)
}

const isSafeParent = (parent: Stats): boolean =>
  [0, process.geteuid?.()].includes(parent.uid) && (!isWritableByOthers(parent) || (parent.mode & 0o1000) !== 0)

const isWritableByOthers = ({ mode }: Stats): boolean => (mode & 0o022) !== 0
