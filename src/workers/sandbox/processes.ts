/** Reads and signals the processes of a sandbox from the host. */

import { readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

const PAGE = 4096
/** A round finds what was forked before the round before it stopped the parents. The limit of processes bounds the rounds too. */
const MAX_ROUNDS = 200

/** Returns a pid and the pids of all its living descendants. */
export function listTree(pid: number): readonly number[] {
  const found = [pid]
  for (let index = 0; index < found.length; index += 1) {
    const parent = found[index]
    if (parent !== undefined) found.push(...listChildren(parent))
  }
  return found
}

/**
 * Kills a process and all its descendants. With a PID namespace it kills process 1 of the namespace, and the kernel kills the
 * others; their pids are not used, since they may be reused meanwhile. Without a PID namespace it stops all of them before it
 * kills any: a process with a living parent can be found, and a stopped process cannot fork.
 */
export function killTree(pid: number, hasNamespaces: boolean): void {
  signalAll(hasNamespaces ? [...listChildren(pid), pid] : stopTree(pid), 'SIGKILL')
}

/**
 * Kills all descendants of a process that adopts their orphans, ends what it finds, and then itself. A list of children may lack
 * one while others end (proc(5)): a fork bomb on a loaded machine left one process, which made the others anew. Killed with its
 * tree, the process could not adopt that one, and init did. One without descendants is killed.
 */
export function killBelow(pid: number): void {
  const below = stopTree(pid).filter((found) => found !== pid)
  signalAll(below.length === 0 ? [pid] : below, 'SIGKILL')
  signalAll([pid], 'SIGCONT')
}

/** Stops a process and its descendants, and returns them. */
function stopTree(pid: number): readonly number[] {
  const stopped = new Set<number>()
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const moving = listTree(pid).filter((found) => !stopped.has(found))
    if (moving.length === 0) break
    signalAll(moving, 'SIGSTOP')
    for (const found of moving) stopped.add(found)
  }
  return [...stopped]
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // The process has ended meanwhile.
    }
  }
}

/** Returns the resident memory of a process in bytes. Shared pages count in full. 0 if it has ended. */
export function residentBytes(pid: number): number {
  const pages = Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0)
  return Number.isFinite(pages) ? pages * PAGE : 0
}

/**
 * Returns the memory of a process in bytes, with shared pages divided among the processes that share them; if that cannot be
 * read, the resident memory. Asynchronous, because the kernel walks every page (40 ms for 400 MB).
 */
export async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(text)?.[1]
  return kilobytes === undefined ? residentBytes(pid) : Number(kilobytes) * 1024
}

/** Returns how many descriptors a process has open; 0 if that cannot be read. */
export function countDescriptors(pid: number): number {
  try {
    // The size is their number from Linux 6.2 on, and 0 before.
    return statSync(`/proc/${pid}/fd`).size || readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** Returns how many bytes wait in the TCP and UDP sockets of the network namespace of a process. No process's memory counts them. */
export function queuedBytes(pid: number): number {
  let total = 0
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const [, sent, received] of read(`/proc/${pid}/net/${protocol}`).matchAll(
      / ([0-9A-F]{8}):([0-9A-F]{8}) \d\d:/g,
    ))
      total += parseInt(sent ?? '0', 16) + parseInt(received ?? '0', 16)
  }
  return total
}

/** Returns how many files, folders and links are in a file system in memory, as a process sees it; 0 if that cannot be read. */
export function countFiles(pid: number, path: string): number {
  try {
    const { files, ffree } = statfsSync(`/proc/${pid}/root${path}`)
    return files - ffree
  } catch {
    return 0
  }
}

/** Makes the kernel end these processes and all that they start before any other when memory runs out, never the server. */
export function endFirstWithoutMemory(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
    } catch {
      // The process has ended, or it is bubblewrap, which is not dumpable and needs almost no memory.
    }
  }
}

/** Returns the user ids of a process (real, effective, saved, file system); empty if it has ended. */
export function ownersOf(pid: number): readonly number[] {
  const uids = /^Uid:\s+(.*)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return uids === undefined ? [] : uids.split(/\s+/).map(Number)
}

/** Whether a process is a child of this one, and so is still the one that it has started. */
export function isChildOf(parent: number, pid: number): boolean {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) === parent
}

/**
 * Returns the id on the host of a child of this process, by its id in the PID namespace of the parent; null if it has ended. The
 * parent must not have waited for it, so that no other process has the id.
 */
export function findInside(parent: number, inside: number): number | null {
  const level = namespaceIds(parent).length - 1
  // The kernel lists the oldest child first, and the one that is asked for is new: with 64 sandboxes the other order took 3 ms.
  return listChildren(parent).findLast((pid) => namespaceIds(pid)[level] === inside) ?? null
}

function namespaceIds(pid: number): readonly number[] {
  const ids = /^NSpid:\s+(.*)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return ids === undefined ? [] : ids.split(/\s+/).map(Number)
}

function listChildren(pid: number): number[] {
  return listTasks(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`)
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  )
}

function listTasks(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
