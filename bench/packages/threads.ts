/** Processor time by part of a server: its threads, the processes of its functions, and others that were given. */

import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second for programs. */
const TICK_S = 0.01
const TICKS_AT = 11

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
  const loop = ticksOf(`/proc/${pid}/task/${pid}/stat`, false) * TICK_S
  const whole = ticksOf(`/proc/${pid}/stat`, false) * TICK_S
  const ended = ticksOf(`/proc/${pid}/stat`, true) * TICK_S - whole
  return { loop, threads: whole - loop, below: ended + treeSeconds(pid) }
}

/** Seconds of processor of all processes below one. */
function treeSeconds(root: number): number {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(fieldsOf(`/proc/${name}/stat`)[1])]),
  )
  const found = [root]
  for (const parent of found) for (const [pid, above] of parents) if (above === parent) found.push(pid)
  return found.slice(1).reduce((sum, pid) => sum + ticksOf(`/proc/${pid}/stat`, true), 0) * TICK_S
}

/** Seconds of processor of these processes, and of those of theirs that have ended. */
export const secondsOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + ticksOf(`/proc/${pid}/stat`, true), 0) * TICK_S

/** User and system time, and on request those of children that were waited for. */
function ticksOf(path: string, withEnded: boolean): number {
  const fields = fieldsOf(path).slice(TICKS_AT, TICKS_AT + (withEnded ? 4 : 2))
  return fields.reduce((sum, field) => sum + Number(field), 0)
}

/** Those after the name in brackets; none when the process has ended. */
function fieldsOf(path: string): readonly string[] {
  try {
    const text = readFileSync(path, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
