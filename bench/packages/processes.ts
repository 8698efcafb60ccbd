/** What processes use, read from /proc. */

import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second for programs. */
const TICKS = 100
/** Four times begin at this field after the name: user and system time of the process, then of its ended children. */
const TIMES_AT = 11

export type Parts = {
  /** The thread of the event loop. */
  readonly loop: number
  /** All other threads of the server: flushes, compression, collecting garbage, compiling. */
  readonly threads: number
  /** The processes below the server: sandboxes, zygotes, the broker of the network. */
  readonly below: number
}

/** Seconds of processor so far. Processes that have ended are counted with their parent. */
export function partsOf(pid: number): Parts {
  const loop = seconds(`/proc/${pid}/task/${pid}/stat`, 0, 2)
  const whole = seconds(`/proc/${pid}/stat`, 0, 2)
  const below = secondsOf(treeOf(pid).slice(1)) + seconds(`/proc/${pid}/stat`, 2, 4)
  return { loop, threads: whole - loop, below }
}

/** Seconds of processor of these processes and of their ended children. */
export const secondsOf = (pids: readonly number[]): number => sum(pids.map((pid) => seconds(`/proc/${pid}/stat`, 0, 4)))

/** Seconds of processor of a process and all below it, with those that ended and were waited for. */
export const cpuSeconds = (pid: number): number => secondsOf(treeOf(pid))

/** Seconds of processor of the processes that this one has started, and that have ended. */
export const childrenSeconds = (): number => seconds(`/proc/${process.pid}/stat`, 2, 4)

/** How many processes there are below it, itself included, and their proportional memory in MiB. */
export function memoryOf(pid: number): { processes: number; mebibytes: number } {
  const tree = treeOf(pid)
  return { processes: tree.length, mebibytes: sum(tree.map(pss)) }
}

/** The proportional share of one process in MiB; 0 when it has ended. */
export const pss = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024

/** The resident memory of one process in MiB. */
export const rss = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1]) / 1024

/** Whether it is process 1 of its namespace. */
export const isFirst = (pid: number): boolean => /^NSpid:.*\s1$/m.test(read(`/proc/${pid}/status`))

function treeOf(root: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = pids.map((pid) => [Number(pid), Number(fieldsOf(`/proc/${pid}/stat`)[1])] as const)
  const found = [root]
  for (const parent of found) for (const [pid, above] of parents) if (above === parent) found.push(pid)
  return found
}

const seconds = (path: string, from: number, to: number): number =>
  sum(
    fieldsOf(path)
      .slice(TIMES_AT + from, TIMES_AT + to)
      .map(Number),
  ) / TICKS

/** Those after the name in brackets; none when the process has ended. */
const fieldsOf = (path: string): readonly string[] => {
  const text = read(path)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
