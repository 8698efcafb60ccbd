/** cgroup v2, where a part of its tree is this server's own: bounds of the kernel around each sandbox as a whole. */

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { LIMITS } from '../../domain/workflow.ts'
import { listTree } from './processes.ts'

/** The cgroup of one sandbox. */
export type Box = {
  /** Kills all that is in it, at once: nothing can fork itself out. Does nothing where the kernel can't. */
  kill(): void
  ranOutOfMemory(): boolean
  remove(): void
}

export type Cgroups = { put(pids: readonly number[]): Box }
/** `reason`: why there are none; the limits of processes and the watch over their memory stand alone then. */
export type FoundCgroups =
  | { readonly cgroups: Cgroups; readonly reason: null }
  | { readonly cgroups: null; readonly reason: string }

type CgroupPaths = { readonly proc?: string; readonly needed?: readonly string[] }

const CPU_PERIOD = 100_000
/** A backstop above what the server itself watches: the template, the run and what lies in its memory file systems. */
const MEMORY_BYTES = 2 * LIMITS.memoryBytes
const PROCESSES = 192
const REMOVE_TRIES = 50

/**
 * Takes the cgroup that this server was started in, if nobody else is in it and it may be divided: under systemd that is a
 * service with `Delegate=yes`. Leaves it unchanged if that is not possible.
 */
export function openCgroups({ proc = '/proc/self', needed = ['memory', 'pids'] }: CgroupPaths = {}): FoundCgroups {
  try {
    const folder = findOwn(proc)
    if (folder === null) return { cgroups: null, reason: 'there is no cgroup v2' }
    const there = read(join(folder, 'cgroup.controllers')).split(/\s+/)
    const missing = needed.filter((name) => !there.includes(name))
    if (missing.length > 0)
      return { cgroups: null, reason: `the server was given no control over ${missing.join(' and ')} there` }
    const inside = read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)
    const own = listTree(process.pid)
    if (!inside.every((pid) => own.includes(pid)))
      return { cgroups: null, reason: 'other programs are in the cgroup of this server' }
    divide(folder, inside, [...needed, ...there.filter((name) => name === 'cpu')])
    return { cgroups: { put: (pids) => createBox(folder, pids) }, reason: null }
  } catch (error) {
    return {
      cgroups: null,
      reason: `the cgroup of this server is not its own (${error instanceof Error ? error.message : error})`,
    }
  }
}

function findOwn(proc: string): string | null {
  const mounted = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(read(join(proc, 'mountinfo')))?.[1]
  const path = /^0::(.*)$/m.exec(read(join(proc, 'cgroup')))?.[1]
  return mounted === undefined || path === undefined ? null : join(mounted, path)
}

/** A cgroup whose parts are bounded may hold no process itself. */
function divide(folder: string, pids: readonly number[], controllers: readonly string[]): void {
  const server = join(folder, 'server')
  mkdirSync(server, { recursive: true })
  try {
    for (const pid of pids) writeFileSync(join(server, 'cgroup.procs'), String(pid))
    const text = controllers.map((name) => `+${name}`).join(' ')
    if (text !== '') writeFileSync(join(folder, 'cgroup.subtree_control'), text)
  } catch (error) {
    for (const pid of pids) writeFileSync(join(folder, 'cgroup.procs'), String(pid))
    rmdirSync(server)
    throw error
  }
}

let made = 0

/** What the processes hold already stays counted where they came from. */
function createBox(parent: string, pids: readonly number[]): Box {
  made += 1
  const folder = join(parent, `sandbox-${made}`)
  const controllers = read(join(parent, 'cgroup.subtree_control')).replaceAll('+', '').split(/\s+/)
  const set = (controller: string, file: string, value: string | number) => {
    if (controllers.includes(controller)) writeFileSync(join(folder, file), String(value))
  }
  mkdirSync(folder)
  try {
    set('memory', 'memory.max', MEMORY_BYTES)
    set('memory', 'memory.oom.group', 1)
    set('pids', 'pids.max', PROCESSES)
    // One processor stays for the server, where there is more than one.
    set('cpu', 'cpu.max', `${Math.max(1, availableParallelism() - 1) * CPU_PERIOD} ${CPU_PERIOD}`)
    for (const pid of pids) writeFileSync(join(folder, 'cgroup.procs'), String(pid))
  } catch (error) {
    removeSoon(folder, REMOVE_TRIES)
    throw error
  }
  return {
    kill: () => {
      try {
        writeFileSync(join(folder, 'cgroup.kill'), '1')
      } catch {
        // Linux has it from 5.14 on. They are killed one by one as well.
      }
    },
    ranOutOfMemory: () => Number(/^oom_kill (\d+)$/m.exec(readOr(join(folder, 'memory.events'), ''))?.[1] ?? 0) > 0,
    remove: () => removeSoon(folder, REMOVE_TRIES),
  }
}

/** The kernel takes a moment to see that its last process is gone. */
function removeSoon(folder: string, tries: number): void {
  try {
    rmdirSync(folder)
  } catch {
    if (tries > 0) setTimeout(() => removeSoon(folder, tries - 1), 20).unref()
  }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

function readOr(path: string, otherwise: string): string {
  try {
    return read(path)
  } catch {
    return otherwise
  }
}
