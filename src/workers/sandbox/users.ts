/**
 * The users that sandboxes run as where the server is root: one for each sandbox, out of a range that nothing else on this
 * machine uses. So what the kernel bounds for each user is not shared, and no other program can read the memory of a run.
 *
 * The range is in a user namespace. The egress broker has capabilities over the processes of that namespace, and none over others.
 */

import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { isRoot } from './reach.ts'
import { startProcess } from './start-process.ts'

export type SandboxUsers = {
  /** The user of the broker, and of sandboxes if there is no namespace. Null: the server's own, which is an ordinary one. */
  readonly shared: number | null
  /** A descriptor of the user namespace with the range; null: all sandboxes have the shared user. */
  readonly namespace: number | null
  /** The user that owns the namespace, and of zygotes. Null without one. */
  readonly owner: number | null
  /** Returns the user of a new sandbox. Throws if the range is used up. */
  take(): number | null
  /** To be called when all processes of that sandbox have ended. */
  release(uid: number | null): void
  close(): void
}

type Range = { readonly first: number; readonly count: number }

const FIRST = 100_000
const COUNT = 1024
/** The ids of the broker and of the owner. */
const OTHERS = 2
/** Ids from here on are invalid in some file systems. */
const END = 2 ** 31

/** Opens the users for sandboxes. Without permission to create user namespaces, a server that is root has one for all of them. */
export async function openSandboxUsers(): Promise<SandboxUsers> {
  if (!isRoot()) return oneUser(null)
  const first = findFree(takenRanges())
  const owner = first + 1
  const namespace = await createNamespace({ first, count: COUNT }, owner).catch(() => null)
  if (namespace === null) return oneUser(first)
  let isOpen = true
  // The longest unused comes first, so that the kernel has counted everything back before an id is used again.
  const free = Array.from({ length: COUNT - OTHERS }, (_, index) => first + OTHERS + index)
  return {
    shared: first,
    namespace,
    owner,
    take: () => {
      const uid = free.shift()
      if (uid === undefined) throw new Error(`all ${COUNT - OTHERS} user ids for sandboxes are in use`)
      return uid
    },
    release: (uid) => {
      if (uid !== null) free.push(uid)
    },
    close: () => {
      if (isOpen) closeSync(namespace)
      isOpen = false
    },
  }
}

/** All sandboxes run as one user; null: as the server's own. */
export function oneUser(uid: number | null): SandboxUsers {
  return { shared: uid, namespace: null, owner: null, take: () => uid, release: () => {}, close: () => {} }
}

/** The descriptors that a process needs to enter the namespace. */
export const inherited = ({ namespace }: SandboxUsers): readonly number[] => (namespace === null ? [] : [namespace])

/** Returns the first of COUNT ids, from 100,000 on, that are in none of these ranges. */
export function findFree(taken: readonly Range[]): number {
  let first = FIRST
  for (;;) {
    const end = first + COUNT
    const conflict = taken.find((range) => range.first < end && first < range.first + range.count)
    if (conflict === undefined) return first
    first = conflict.first + conflict.count
    if (first > END - COUNT)
      throw new Error(`found no ${COUNT} unused user ids for sandboxes between ${FIRST} and ${END}`)
  }
}

/** Where the ids of package builds are: below those of sandboxes, and above those that machines give to accounts. */
const FIRST_BUILD = 90_000

/** Whether an id is one of those for package builds. */
const isBuildUser = (uid: number): boolean => uid >= FIRST_BUILD && uid < FIRST

/**
 * The user that builds packages where the server is root: that of `folder`, which an earlier start chose, else an id that
 * no account, container or process has. Null: the server's own, which is an ordinary one. Throws when none is free.
 */
export function findBuildUser(folder: string): number | null {
  if (!isRoot()) return null
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid ?? 0
  return isBuildUser(owner) ? owner : findFreeBuildUser(takenRanges())
}

/** The highest free id. */
export function findFreeBuildUser(taken: readonly Range[]): number {
  for (let id = FIRST - 1; isBuildUser(id); id -= 1) {
    if (!taken.some(({ first, count }) => first <= id && id < first + count)) return id
  }
  throw new Error(`found no unused user id for package builds between ${FIRST_BUILD} and ${FIRST}`)
}

/** The ids of accounts, of their containers, and of processes: those of other servers too. */
function takenRanges(): readonly Range[] {
  const accounts = [...read('/etc/passwd').matchAll(/^[^:]*:[^:]*:(\d+):(\d+):/gm)].flatMap(([, uid, gid]) => [
    uid,
    gid,
  ])
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const processes = pids.flatMap((pid) => /^Uid:\s+(\d+)\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.slice(1) ?? [])
  // The whole range of another server, whose broker is in its namespace. Id 0 is the map of the host.
  const namespaces = pids
    .flatMap((pid) => [...read(`/proc/${pid}/uid_map`).matchAll(/^ *\d+ +([1-9]\d*) +(\d+)$/gm)])
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }))
  const containers = ['/etc/subuid', '/etc/subgid'].flatMap((path) => [...read(path).matchAll(/^[^:]*:(\d+):(\d+)/gm)])
  return [
    ...[...accounts, ...processes].map((id) => ({ first: Number(id), count: 1 })),
    ...namespaces,
    ...containers.map(([, first, count]) => ({ first: Number(first), count: Number(count) })),
  ]
}

/** Returns a descriptor, which keeps the namespace alive. Its creator is not root, so nothing in it counts as root's. */
async function createNamespace({ first, count }: Range, owner: number): Promise<number> {
  const identity = { uid: owner, gid: owner, cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }
  const holder = await startProcess('unshare', ['--user', 'sh', '-c', 'echo made; read end'], {
    ...identity,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exit = once(holder, 'close')
  try {
    const made = await Promise.race([holder.stdout && once(holder.stdout, 'data'), exit.then(() => null)])
    if (made === null) throw new Error('this machine creates no user namespaces')
    for (const file of ['gid_map', 'uid_map'])
      writeFileSync(`/proc/${holder.pid}/${file}`, `${first} ${first} ${count}`)
    return openSync(`/proc/${holder.pid}/ns/user`, 'r')
  } finally {
    holder.stdin?.end()
    await exit
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
