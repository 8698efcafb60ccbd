/** What a process and all below it use, read from /proc. */

import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second for programs. */
const TICKS = 100

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number }

/** Seconds of processor of a process and all below it, with those that ended and were waited for. */
export function cpuSeconds(pid: number): number {
  return listTree(pid).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS
}

/** Seconds of processor of the processes that this one has started, and that have ended. */
export function childrenSeconds(): number {
  return (
    fieldsOf(process.pid)
      .slice(13, 15)
      .reduce((sum, field) => sum + Number(field), 0) / TICKS
  )
}

/** How many processes there are below it, itself included, and their proportional memory in MiB. */
export function memoryOf(pid: number): { processes: number; mebibytes: number } {
  const tree = listTree(pid)
  return { processes: tree.length, mebibytes: tree.reduce((sum, one) => sum + pss(one.pid), 0) }
}

/** The proportional share of one process in MiB; 0 when it has ended. */
export function pss(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024
}

function listTree(root: number): readonly Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)))
  const found = all.filter(({ pid }) => pid === root)
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid))
  return found
}

function statOf(pid: number): readonly Stat[] {
  const fields = fieldsOf(pid)
  if (fields.length < 15) return []
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return [{ pid, parent: Number(fields[1]), ticks }]
}

/** After the name in brackets: state, parent …; user and system time, and those of children that were waited for, are 11 to 14. */
function fieldsOf(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
