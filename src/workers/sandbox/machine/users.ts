/**
 * As root, one user per sandbox, from an unused range. Sandboxes then share no per-user limits of the kernel, and no
 * other program can read a run's memory. The egress broker has capabilities only over the range's user namespace.
 */

import { once } from 'node:events'
import { closeSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { read } from '../process/processes.ts'
import { startProcess } from '../process/start-process.ts'
import { isRoot } from './reach.ts'

export type SandboxUsers = {
  readonly shared: number | null
  readonly namespace: number | null
  readonly owner: number | null
  /** Throws if no id is free. */
  take(): number | null
  /** Call it after all processes of the sandbox have ended. */
  release(uid: number | null): void
  close(): void
}

type Range = { readonly first: number; readonly count: number }

const FIRST = 100_000
const COUNT = 1024
const OTHERS = 2
/** Some file systems reject ids from here on. */
const END = 2 ** 31

/** Without permission for user namespaces, all sandboxes share one user. */
export async function openSandboxUsers(): Promise<SandboxUsers> {
  if (!isRoot()) return oneUser(null)
  const first = findFree(takenRanges())
  const owner = first + 1
  const namespace = await createNamespace({ first, count: COUNT }, owner).catch(() => null)
  if (namespace === null) return oneUser(first)
  let isOpen = true
  // The kernel's counts of the longest unused id are up to date.
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

export function oneUser(uid: number | null): SandboxUsers {
  return { shared: uid, namespace: null, owner: null, take: () => uid, release: () => {}, close: () => {} }
}

export const inherited = ({ namespace }: SandboxUsers): readonly number[] => (namespace === null ? [] : [namespace])

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

const FIRST_BUILD = 90_000

const isBuildUser = (uid: number): boolean => uid >= FIRST_BUILD && uid < FIRST

/**
 * Reuses the owner of `folder`, or picks an id without an account, container or process. Null if the server is not
 * root.
 */
export function findBuildUser(folder: string): number | null {
  if (!isRoot()) return null
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid ?? 0
  return isBuildUser(owner) ? owner : findFreeBuildUser(takenRanges())
}

export function findFreeBuildUser(taken: readonly Range[]): number {
  for (let id = FIRST - 1; isBuildUser(id); id -= 1) {
    if (!taken.some(({ first, count }) => first <= id && id < first + count)) return id
  }
  throw new Error(`found no unused user id for package builds between ${FIRST_BUILD} and ${FIRST}`)
}

/** Includes ids of containers and of other servers' processes. */
function takenRanges(): readonly Range[] {
  const accounts = [...read('/etc/passwd').matchAll(/^[^:]*:[^:]*:(\d+):(\d+):/gm)].flatMap(([, uid, gid]) => [
    uid,
    gid,
  ])
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const processes = pids.flatMap((pid) => /^Uid:\s+(\d+)\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.slice(1) ?? [])
  // Maps to id 0 are the host's.
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

/** The descriptor keeps the namespace alive. A non-root process creates it, so root has no rights in it. */
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
