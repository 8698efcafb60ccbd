import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

type Identity = { readonly uid?: number; readonly gid?: number }
export type Bind = { readonly from: string; readonly to: string }
export type Start = { readonly file: string; readonly args: readonly string[]; readonly identity: Identity }

export type User = { readonly uid: number | null; readonly namespace: number | null }

const MOUNT_THEN_START = `set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$1"; shift; done; shift
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done; shift
exec "$@"`

export const isRoot = (): boolean => process.getuid?.() === 0

export function isOpen(path: string): boolean {
  return closedFolder(path) === null
}

export function startWithBinds(binds: readonly Bind[], command: readonly string[], user: User): Start {
  return binds.length === 0
    ? startDirectly(command, user)
    : startMounted([...pairs(binds), '--', '--', '--', ...becomeUser(user), ...command])
}

/**
 * Returns a command that reads `needed` at the original paths, and hides the rest of closed folders above them. Never
 * starts it as uid 0.
 */
export function startUncovered(
  needed: readonly string[],
  stage: (index: number) => string,
  command: readonly string[],
  user: User,
): Start {
  const closed = isRoot() ? needed.filter((path) => !isOpen(path)) : []
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

function closedFolder(path: string): string | null {
  const real = realpathSync(path)
  const folders: string[] = []
  for (let at = dirname(real); at !== dirname(at); at = dirname(at)) folders.unshift(at)
  const closed = ['/', ...folders].find((folder) => (statSync(folder).mode & 0o001) === 0)
  return closed ?? ((statSync(real).mode & 0o005) === 0o005 ? null : real)
}
