/** How a server that is root starts processes of another user, and shows them files that this user could not reach. */

import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The identity of user code where the server runs as root. It is never uid 0, without walls neither: files such as
 * /proc/sys/kernel/core_pattern check for uid 0 and not for a capability, and root's processes are not even counted. */
export const SANDBOX_UID = 65534

export type Identity = { readonly uid?: number; readonly gid?: number }
/** `from` is also mounted at `to`. */
export type Bind = { readonly from: string; readonly to: string }
export type Start = { readonly file: string; readonly args: readonly string[]; readonly identity: Identity }

/** In a new mount namespace: bind mounts, empty file systems over closed folders, bind mounts, then the change of user. */
const MOUNT_THEN_DROP = `set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$1"; shift; done; shift
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done; shift
exec setpriv --reuid=${SANDBOX_UID} --regid=${SANDBOX_UID} --clear-groups --inh-caps=-all "$@"`

export const isRoot = (): boolean => process.getuid?.() === 0

/** For `spawn`: the user that user code gets. A server of an ordinary user has only its own. */
export const stepDown = (): Identity => (isRoot() ? { uid: SANDBOX_UID, gid: SANDBOX_UID } : {})

/** Whether every user can read a path. The home of root, for instance, is usually closed. */
export function isOpen(path: string): boolean {
  return closedFolder(path) === null
}

/** Returns a command that runs as the user of sandboxes, with each `from` also mounted at `to`. */
export function startWithBinds(binds: readonly Bind[], command: readonly string[]): Start {
  return binds.length === 0 ? startDirectly(command) : startMounted([...pairs(binds), '--', '--', '--', ...command])
}

/**
 * Returns a command that runs as the user of sandboxes and can read these files, which are in closed folders, at their own
 * paths. It sees nothing else in those folders. `stage` returns an empty folder for each file.
 */
export function startUncovered(
  closed: readonly string[],
  stage: (index: number) => string,
  command: readonly string[],
): Start {
  if (closed.length === 0) return startDirectly(command)
  const binds = closed.map((from, index) => ({ from, to: stage(index) }))
  const covers = [...new Set(closed.map((path) => closedFolder(path) ?? path))]
  const back = binds.map(({ from, to }) => ({ from: to, to: from }))
  return startMounted([...pairs(binds), '--', ...covers, '--', ...pairs(back), '--', ...command])
}

function startDirectly([file = '', ...args]: readonly string[]): Start {
  return { file, args, identity: stepDown() }
}

function startMounted(words: readonly string[]): Start {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', MOUNT_THEN_DROP, 'sh', ...words]
  return { file: 'unshare', args, identity: {} }
}

const pairs = (binds: readonly Bind[]): string[] => binds.flatMap(({ from, to }) => [from, to])

/** Returns the topmost folder that other users may not enter, or the path itself if they may not read it; null if they may. */
function closedFolder(path: string): string | null {
  const real = realpathSync(path)
  const folders: string[] = []
  for (let at = dirname(real); at !== dirname(at); at = dirname(at)) folders.unshift(at)
  const closed = ['/', ...folders].find((folder) => (statSync(folder).mode & 0o001) === 0)
  return closed ?? ((statSync(real).mode & 0o005) === 0o005 ? null : real)
}
