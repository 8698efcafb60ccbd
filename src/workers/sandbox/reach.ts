/** How a server that is root hands files to processes of another user, and steps down to that user. */

import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The identity of user code where the server runs as root. It is never uid 0, without walls neither: files such as
 * /proc/sys/kernel/core_pattern check for uid 0 and not for a capability, and root's processes are not even counted. */
export const SANDBOX_UID = 65534

export type Identity = { readonly uid?: number; readonly gid?: number }
/** `from` is shown at `to` as well. */
export type Bind = { readonly from: string; readonly to: string }
export type Start = { readonly file: string; readonly args: readonly string[]; readonly identity: Identity }

/** In a mount namespace of its own: binds, then empty folders over what is closed, then binds again, then the drop. */
const MOUNT_THEN_DROP = `set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$1"; shift; done; shift
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done; shift
exec setpriv --reuid=${SANDBOX_UID} --regid=${SANDBOX_UID} --clear-groups --inh-caps=-all "$@"`

export const isRoot = (): boolean => process.getuid?.() === 0

/** For `spawn`: the user that user code gets. A server of an ordinary user has only its own. */
export const stepDown = (): Identity => (isRoot() ? { uid: SANDBOX_UID, gid: SANDBOX_UID } : {})

/** Whether a process of the sandbox's uid can reach a path: not so below root's home, for instance. */
export function isOpen(path: string): boolean {
  return closedFolder(path) === null
}

/** A command as the user of sandboxes, who also finds at `to` what is at `from` and was closed to it. */
export function startWithBinds(binds: readonly Bind[], command: readonly string[]): Start {
  return binds.length === 0 ? startDirectly(command) : startMounted([...pairs(binds), '--', '--', '--', ...command])
}

/**
 * A command as the user of sandboxes, who also finds these files at their own paths. `stage` names an empty folder for each.
 * What else is in the closed folders on the way is out of its sight.
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

/** The folder nearest to the root that others may not pass, or the path itself where they may not read it. */
function closedFolder(path: string): string | null {
  const real = realpathSync(path)
  const folders: string[] = []
  for (let at = dirname(real); at !== dirname(at); at = dirname(at)) folders.unshift(at)
  const closed = ['/', ...folders].find((folder) => (statSync(folder).mode & 0o001) === 0)
  return closed ?? ((statSync(real).mode & 0o005) === 0o005 ? null : real)
}
