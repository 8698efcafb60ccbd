/** The processes of a sandbox as the host sees them. */

import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

const PAGE = 4096
/** Each round finds only what was forked before the last one stopped its parent; their number is bounded, too. */
const MAX_ROUNDS = 200

/** A process and all below it, as far as they live at this moment. */
export function listTree(pid: number): readonly number[] {
  const found = [pid]
  for (let index = 0; index < found.length; index += 1) {
    const parent = found[index]
    if (parent !== undefined) found.push(...listChildren(parent))
  }
  return found
}

/**
 * Kills a process and all below it. With a PID namespace its child, process 1 in there, takes the others along: they are not
 * named, since by then their numbers may be anybody's. Without one they are stopped before any is killed: what has a parent
 * that lives can be found, and what is stopped can't fork.
 */
export function killTree(pid: number, hasNamespaces: boolean): void {
  if (hasNamespaces) {
    signalAll([...listChildren(pid), pid], 'SIGKILL')
    return
  }
  const stopped = new Set<number>()
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const moving = listTree(pid).filter((found) => !stopped.has(found))
    if (moving.length === 0) break
    signalAll(moving, 'SIGSTOP')
    for (const found of moving) stopped.add(found)
  }
  signalAll([...stopped], 'SIGKILL')
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Memory that a process holds, in bytes; pages that it shares with others count in full. */
export function residentBytes(pid: number): number {
  const pages = Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0)
  return Number.isFinite(pages) ? pages * PAGE : 0
}

/**
 * The same with shared pages divided among their holders; falls back where it may not be read. The kernel walks every page
 * for it (40 ms for 400 MB), so it is never waited for.
 */
export async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(text)?.[1]
  return kilobytes === undefined ? residentBytes(pid) : Number(kilobytes) * 1024
}

/** The users of a process (real, effective, saved, of files); none: it is gone. */
export function ownersOf(pid: number): readonly number[] {
  const uids = /^Uid:\s+(.*)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return uids === undefined ? [] : uids.split(/\s+/).map(Number)
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
