/** The folders of cgroups, in both versions. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { LIMITS } from '../../../domain/workflow.ts'

const MIB = 1024 * 1024
/** In microseconds. */
export const CPU_PERIOD = 100_000
/** One processor stays for the server, where there is more than one. CPU time per period. */
export const CPU_QUOTA = Math.max(1, availableParallelism() - 1) * CPU_PERIOD
/** Exceeds the limit that the server enforces, to include the template and files in memory. */
export const MEMORY_BYTES = 2 * LIMITS.memoryMib.preset * MIB
export const PROCESSES = 96
const REMOVE_TRIES = 50
const NAME = /^workflows-(\d+)-\d+$/

/** What ran out: the memory that the sandbox may use, or that of the machine or of a cgroup around the server. */
export type Shortage = 'memory' | 'machine_memory'

/** The cgroup of one sandbox. */
export type Box = {
  /** Kills everything in it at once, so that nothing escapes by forking. Does nothing where the kernel does not support it. */
  kill(): void
  /** Whether the kernel ended a process in it for want of memory: at its own limit, or at that of something around it. */
  findShortage(): Shortage | null
  /** Raises the limit of its memory, in bytes, for a workflow whose runs may use more than usual. */
  allow(memoryBytes: number): void
  remove(): void
}

export type Cgroups = {
  readonly version: 'v1' | 'v2'
  put(pids: readonly number[]): Promise<Box>
  /** Removes what was created. To be called when all sandboxes have ended. */
  close(): Promise<void>
}
/** `reason`: why there are none. Then only the limits of processes and the watch over their memory bound a sandbox. */
export type FoundCgroups =
  | { readonly cgroups: Cgroups; readonly reason: null }
  | { readonly cgroups: null; readonly reason: string }

export type CgroupOptions = {
  /** Where the kernel describes this process. */
  readonly proc?: string
  readonly needed?: readonly string[]
  readonly asRoot?: boolean
  /** How much memory one sandbox may hold, in bytes. */
  readonly memoryBytes?: number
}

/** One folder of a sandbox, and the values of its files. `optional`: values that older kernels lack. */
export type Part = {
  readonly folder: string
  readonly values: Readonly<Record<string, string | number>>
  readonly optional?: Readonly<Record<string, string | number>>
}

let made = 0
let servers = 0

/** A name for the folder of a sandbox. */
export function nextName(): string {
  made += 1
  return `sandbox-${made}`
}

/** A name for the folder that a server which is root creates below a cgroup. */
export function nextServerName(): string {
  servers += 1
  return `workflows-${process.pid}-${servers}`
}

/** Creates that folder. Removes those of servers that have ended. */
export function createServerFolder(parent: string, name: string): string {
  for (const other of readdirSync(parent)) {
    const pid = NAME.exec(other)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeTree(join(parent, other))
  }
  const folder = join(parent, name)
  mkdirSync(folder)
  return folder
}

/**
 * Creates the folders of a sandbox and moves processes into them. What these hold already stays counted where it was.
 * Asynchronous, because the kernel takes 5 to 50 ms to move a process.
 */
export async function createBox(
  parts: readonly Part[],
  pids: readonly number[],
  actions: Omit<Box, 'remove'>,
): Promise<Box> {
  const remove = () => parts.forEach(({ folder }) => void removeSoon(folder))
  try {
    await Promise.all(parts.map((part) => createPart(part, pids)))
  } catch (error) {
    remove()
    throw error
  }
  return { ...actions, remove }
}

async function createPart({ folder, values, optional = {} }: Part, pids: readonly number[]): Promise<void> {
  await mkdir(folder)
  for (const [file, value] of Object.entries(values)) await writeFile(join(folder, file), String(value))
  for (const [file, value] of Object.entries(optional))
    await writeFile(join(folder, file), String(value)).catch(() => {}) // this kernel does not have the file
  for (const pid of pids) await writeFile(join(folder, 'cgroup.procs'), String(pid))
}

/** Removes folders and those below them, and waits a moment for processes in them to end. */
export async function removeTrees(folders: readonly string[]): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES && folders.some((folder) => existsSync(folder)); tries += 1) {
    if (tries > 0) await setTimeout(20)
    folders.forEach(removeTree)
  }
}

function removeTree(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(folder, entry.name))
    rmdirSync(folder)
  } catch {
    // Some process is in it.
  }
}

export function read(path: string): string {
  return readFileSync(path, 'utf8')
}

/** Empty if it cannot be read. */
export function tryRead(path: string): string {
  try {
    return read(path)
  } catch {
    return ''
  }
}

/** The number in a line `name number` of a file; 0 if there is none. */
export function readCount(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(tryRead(path))?.[1] ?? 0)
}

export function tryWrite(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch {
    // This kernel does not have the file.
  }
}

/** The kernel needs a moment to notice that the last process has ended. */
async function removeSoon(folder: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries += 1) {
    try {
      return await rmdir(folder)
    } catch {
      await setTimeout(20, undefined, { ref: false })
    }
  }
}
