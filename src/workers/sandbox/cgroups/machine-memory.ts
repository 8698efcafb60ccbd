import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { locateV1 } from './cgroups-v1.ts'
import { locateV2 } from './cgroups-v2.ts'

/** Bytes. `free` includes reclaimable memory. */
export type Memory = { readonly free: number; readonly total: number }

export type MachineMemory = {
  read(): Memory | null
  /** Kills in the server's cgroup if possible, else on the machine. */
  countEnded(): number
}

export type MemoryPlaces = { readonly own?: string; readonly machine?: string }

const FILES = {
  v1: {
    limits: ['memory.limit_in_bytes'],
    used: 'memory.usage_in_bytes',
    kept: ['total_inactive_file', 'total_active_file'],
    events: 'memory.oom_control',
  },
  v2: {
    limits: ['memory.max', 'memory.high'],
    used: 'memory.current',
    kept: ['inactive_file', 'active_file'],
    events: 'memory.events',
  },
} as const
const STAT = 'memory.stat'

type Level = { readonly folder: string; readonly version: keyof typeof FILES }

export function createMachineMemory({ own = '/proc/self', machine = '/proc' }: MemoryPlaces = {}): MachineMemory {
  const levels = findLevels(own)
  return {
    read() {
      const text = readText(join(machine, 'meminfo'))
      const kilobytes = (name: string) => countIn(text, `${name}:`)
      const [total, available] = [kilobytes('MemTotal'), kilobytes('MemAvailable')]
      if (total === null || available === null) return null
      const all: Memory = { free: (available + (kilobytes('SwapFree') ?? 0)) * 1024, total: total * 1024 }
      return levels.reduce((least, level) => tighter(least, readLevel(level, all.total)), all)
    },
    countEnded() {
      const [nearest] = levels
      const ended = nearest && countIn(readText(join(nearest.folder, FILES[nearest.version].events)), 'oom_kill')
      return ended ?? countIn(readText(join(machine, 'vmstat')), 'oom_kill') ?? 0
    },
  }
}

function findLevels(own: string): readonly Level[] {
  const first = tryTo(() => locateV1(own, 'memory'))
  if (first !== null) return upTo(first.mount, first.folder).map((folder) => ({ folder, version: 'v1' }))
  const second = tryTo(() => locateV2(own))
  if (second === null) return []
  return upTo(second.mount, second.folder).map((folder) => ({ folder, version: 'v2' }))
}

function upTo(mount: string, folder: string): readonly string[] {
  const folders = [folder]
  for (let at = folder; at !== mount && at !== dirname(at); at = dirname(at)) folders.push(dirname(at))
  return folders
}

function readLevel({ folder, version }: Level, machineBytes: number): Memory | null {
  const { limits, used, kept } = FILES[version]
  const total = Math.min(...limits.map((file) => numberIn(join(folder, file))))
  const taken = numberIn(join(folder, used))
  if (total >= machineBytes || !Number.isFinite(taken)) return null
  const text = readText(join(folder, STAT))
  const spare = kept.reduce((sum, name) => sum + (countIn(text, name) ?? 0), 0)
  return { free: Math.max(0, total - Math.max(0, taken - spare)), total }
}

function tighter(one: Memory, other: Memory | null): Memory {
  return other === null ? one : { free: Math.min(one.free, other.free), total: Math.min(one.total, other.total) }
}

function numberIn(path: string): number {
  const text = readText(path).trim()
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}

function countIn(text: string, name: string): number | null {
  const found = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)?.[1]
  return found === undefined ? null : Number(found)
}

function readText(path: string): string {
  return tryTo(() => readFileSync(path, 'utf8')) ?? ''
}

function tryTo<T>(work: () => T | null): T | null {
  try {
    return work()
  } catch {
    return null
  }
}

/** The kernel counts a kill before the parent is notified. */
const RECENT_MS = 5_000

export class EndedWatch {
  readonly #count: () => number
  #last: number
  #roseAt = Number.NEGATIVE_INFINITY

  constructor(count: () => number) {
    this.#count = count
    this.#last = count()
  }

  /** Call it every few seconds, because it dates kills to the call. */
  look(): boolean {
    const count = this.#count()
    if (count > this.#last) this.#roseAt = performance.now()
    this.#last = count
    return performance.now() - this.#roseAt < RECENT_MS
  }
}
