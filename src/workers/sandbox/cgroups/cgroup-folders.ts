import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { LIMITS } from '../../../domain/workflows/workflow.ts'

const MIB = 1024 * 1024
/** In microseconds. */
export const CPU_PERIOD = 100_000
export const CPU_QUOTA = Math.max(1, availableParallelism() - 1) * CPU_PERIOD
/** Exceeds the server's limit, so that the template fits too. */
export const MEMORY_BYTES = 2 * LIMITS.memoryMib.preset * MIB
export const PROCESSES = 96
const REMOVE_TRIES = 50
const NAME = /^workflows-(\d+)-\d+$/

/** `memory`: the sandbox's own limit. `machine_memory`: the machine or an outer cgroup ran out. */
export type Shortage = 'memory' | 'machine_memory'

export type Box = {
  /** Atomic: no process escapes by forking. */
  kill(): void
  findShortage(): Shortage | null
  allow(memoryBytes: number): void
  remove(): void
}

export type Cgroups = {
  readonly version: 'v1' | 'v2'
  put(pids: readonly number[]): Promise<Box>
  /** Call it after all sandboxes have ended. */
  close(): Promise<void>
}
export type FoundCgroups =
  | { readonly cgroups: Cgroups; readonly reason: null }
  | { readonly cgroups: null; readonly reason: string }

export type CgroupOptions = {
  readonly proc?: string
  readonly needed?: readonly string[]
  readonly asRoot?: boolean
  readonly memoryBytes?: number
}

export type Part = {
  readonly folder: string
  readonly values: Readonly<Record<string, string | number>>
  readonly optional?: Readonly<Record<string, string | number>>
}

let made = 0
let servers = 0

export function nextName(): string {
  made += 1
  return `sandbox-${made}`
}

export function nextServerName(): string {
  servers += 1
  return `workflows-${process.pid}-${servers}`
}

export function createServerFolder(parent: string, name: string): string {
  for (const other of readdirSync(parent)) {
    const pid = NAME.exec(other)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeTree(join(parent, other))
  }
  const folder = join(parent, name)
  mkdirSync(folder)
  return folder
}

/** Memory of moved processes stays charged to the old cgroup. A move takes 5 to 50 ms. */
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
    await writeFile(join(folder, file), String(value)).catch(() => {})
  for (const pid of pids) await writeFile(join(folder, 'cgroup.procs'), String(pid))
}

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
    // A process is still in it.
  }
}

export function read(path: string): string {
  return readFileSync(path, 'utf8')
}

export function tryRead(path: string): string {
  try {
    return read(path)
  } catch {
    return ''
  }
}

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

async function removeSoon(folder: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries += 1) {
    try {
      return await rmdir(folder)
    } catch {
      await setTimeout(20, undefined, { ref: false })
    }
  }
}
