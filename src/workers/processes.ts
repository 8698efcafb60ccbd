/** The processes of a sandbox as the host sees them. */

import { readdirSync, readFileSync } from 'node:fs'

const PAGE = 4096

/** A process and all below it, as far as they live at this moment. */
export function listTree(pid: number): readonly number[] {
  const found = [pid]
  for (let index = 0; index < found.length; index += 1) {
    const parent = found[index]
    if (parent !== undefined) found.push(...listChildren(parent))
  }
  return found
}

/** Kills a process and all below it. A sandbox's first process takes the others along; without one they are looked for. */
export function killTree(pid: number): void {
  for (const target of listTree(pid)) {
    try {
      process.kill(target, 'SIGKILL')
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

/** The same with shared pages divided among their holders. Slower; falls back where it may not be read. */
export function proportionalBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1]
  return kilobytes === undefined ? residentBytes(pid) : Number(kilobytes) * 1024
}

/** The real user of a process; null: it is gone. */
export function ownerOf(pid: number): number | null {
  const uid = /^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return uid === undefined ? null : Number(uid)
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
