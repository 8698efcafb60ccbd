import { readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

const PAGE = 4096
/** Each round finds processes that were forked before their parents stopped. */
const MAX_ROUNDS = 200

export function listTree(pid: number): readonly number[] {
  const found = [pid]
  for (let index = 0; index < found.length; index += 1) {
    const parent = found[index]
    if (parent !== undefined) found.push(...listChildren(parent))
  }
  return found
}

/**
 * With a PID namespace, the kernel kills the rest after process 1. Otherwise all are stopped first, because a stopped
 * process cannot fork.
 */
export function killTree(pid: number, hasNamespaces: boolean): void {
  signalAll(hasNamespaces ? [...listChildren(pid), pid] : stopTree(pid), 'SIGKILL')
}

/**
 * Kills all descendants of a process that adopts orphans, and lets it end. /proc may omit a child while others end
 * (proc(5)), as after a fork bomb. The surviving parent kills it.
 */
export function killBelow(pid: number): void {
  const below = stopTree(pid).filter((found) => found !== pid)
  signalAll(below.length === 0 ? [pid] : below, 'SIGKILL')
  signalAll([pid], 'SIGCONT')
}

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
      // The process has ended.
    }
  }
}

/** In bytes, with shared pages in full. */
export function residentBytes(pid: number): number {
  const pages = Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0)
  return Number.isFinite(pages) ? pages * PAGE : 0
}

/** In bytes, with shared pages divided. The kernel walks every page (40 ms for 400 MB). */
export async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(text)?.[1]
  return kilobytes === undefined ? residentBytes(pid) : Number(kilobytes) * 1024
}

export function countDescriptors(pid: number): number {
  try {
    // `size` is the number of descriptors since Linux 6.2, 0 before.
    return statSync(`/proc/${pid}/fd`).size || readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** TCP and UDP queues are not charged to any process. */
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

export function countFiles(pid: number, path: string): number {
  try {
    const { files, ffree } = statfsSync(`/proc/${pid}/root${path}`)
    return files - ffree
  } catch {
    return 0
  }
}

export function endFirstWithoutMemory(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
    } catch {
      // Ended, or bubblewrap, which is not dumpable.
    }
  }
}

export function ownersOf(pid: number): readonly number[] {
  const uids = /^Uid:\s+(.*)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return uids === undefined ? [] : uids.split(/\s+/).map(Number)
}

/** The pid of a child cannot have been reused. */
export function isChildOf(parent: number, pid: number): boolean {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) === parent
}

/** The parent must not have waited for the child: its pid could be reused. */
export function findInside(parent: number, inside: number): number | null {
  const level = namespaceIds(parent).length - 1
  // The oldest child first took 3 ms with 64 sandboxes.
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

/** Returns '' for what cannot be read. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
