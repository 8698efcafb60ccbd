/** How a server that is root starts processes of another user, and shows them files that this user could not reach. */

import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

type Identity = { readonly uid?: number; readonly gid?: number }
/** `from` is also mounted at `to`. */
export type Bind = { readonly from: string; readonly to: string }
export type Start = { readonly file: string; readonly args: readonly string[]; readonly identity: Identity }

/**
 * The user of a new process. `uid` null: the server's own. `namespace`: the number that a descriptor of the user namespace of
 * this id has in the new process; null if it is in the server's own.
 */
export type User = { readonly uid: number | null; readonly namespace: number | null }

/** In a new mount namespace: bind mounts, empty file systems over closed folders, bind mounts, then the program. */
const MOUNT_THEN_START = `set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$1"; shift; done; shift
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done; shift
exec "$@"`

export const isRoot = (): boolean => process.getuid?.() === 0

/** Whether every user can read a path. The home of root, for instance, is usually closed. */
export function isOpen(path: string): boolean {
  return closedFolder(path) === null
}

/** Returns a command that runs as this user, with each `from` also mounted at `to`. */
export function startWithBinds(binds: readonly Bind[], command: readonly string[], user: User): Start {
  return binds.length === 0
    ? startDirectly(command, user)
    : startMounted([...pairs(binds), '--', '--', '--', ...becomeUser(user), ...command])
}

/**
 * Returns a command that runs as this user and can read these files, which are in closed folders, at their own paths. It sees
 * nothing else in those folders. `stage` returns an empty folder for each file.
 */
export function startUncovered(
  closed: readonly string[],
  stage: (index: number) => string,
  command: readonly string[],
  user: User,
): Start {
  if (closed.length === 0) return startDirectly(command, user)
  const binds = closed.map((from, index) => ({ from, to: stage(index) }))
  const covers = [...new Set(closed.map((path) => closedFolder(path) ?? path))]
  const back = binds.map(({ from, to }) => ({ from: to, to: from }))
  return startMounted([...pairs(binds), '--', ...covers, '--', ...pairs(back), '--', ...becomeUser(user), ...command])
}

function startDirectly(command: readonly string[], user: User): Start {
  if (user.namespace !== null) {
    const [file = '', ...args] = [...becomeUser(user), ...command]
    return { file, args, identity: {} }
  }
  const [file = '', ...args] = command
  return { file, args, identity: user.uid === null ? {} : { uid: user.uid, gid: user.uid } }
}

/** The words before a command that make root this user, without capabilities. */
function becomeUser({ uid, namespace }: User): readonly string[] {
  if (uid === null) return []
  return namespace === null
    ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all']
    : ['nsenter', `--user=/proc/self/fd/${namespace}`, `--setuid=${uid}`, `--setgid=${uid}`, '--']
}

function startMounted(words: readonly string[]): Start {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', MOUNT_THEN_START, 'sh', ...words]
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
