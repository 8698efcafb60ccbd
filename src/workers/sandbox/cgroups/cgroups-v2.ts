import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listTree } from '../process/processes.ts'
import {
  type Box,
  type CgroupOptions,
  CPU_PERIOD,
  CPU_QUOTA,
  createBox,
  createServerFolder,
  type FoundCgroups,
  MEMORY_BYTES,
  nextName,
  nextServerName,
  type Part,
  PROCESSES,
  read,
  readCount,
  removeTrees,
  tryWrite,
} from './cgroup-folders.ts'

export function openCgroupsV2({
  proc = '/proc/self',
  needed = ['memory', 'pids'],
  asRoot = false,
  memoryBytes = MEMORY_BYTES,
}: CgroupOptions): FoundCgroups {
  try {
    const own = locateV2(proc)
    if (own === null) return { cgroups: null, reason: 'there is no cgroup v2' }
    const problem = takeOwn(own.folder, needed)
    if (problem === null) return found(own.folder, memoryBytes, async () => {})
    const parent = asRoot ? findParent(own, needed) : null
    if (parent === null) return { cgroups: null, reason: problem }
    const folder = createServerFolder(parent, nextServerName())
    delegate(folder, [...needed, ...controllersOf(parent).filter((name) => name === 'cpu')])
    return found(folder, memoryBytes, () => removeTrees([folder]))
  } catch (error) {
    return {
      cgroups: null,
      reason: `the cgroup of this server is not its own (${error instanceof Error ? error.message : error})`,
    }
  }
}

const found = (folder: string, memoryBytes: number, close: () => Promise<void>): FoundCgroups => ({
  cgroups: { version: 'v2', put: (pids) => createBoxV2(folder, memoryBytes, pids), close },
  reason: null,
})

type Own = { readonly mount: string; readonly folder: string }

export function locateV2(proc: string): Own | null {
  const mount = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(read(join(proc, 'mountinfo')))?.[1]
  const path = /^0::(.*)$/m.exec(read(join(proc, 'cgroup')))?.[1]
  return mount === undefined || path === undefined ? null : { mount, folder: join(mount, path) }
}

function takeOwn(folder: string, needed: readonly string[]): string | null {
  const controllers = read(join(folder, 'cgroup.controllers')).split(/\s+/)
  const missing = needed.filter((name) => !controllers.includes(name))
  if (missing.length > 0) return `the server was given no control over ${missing.join(' and ')} there`
  const inside = read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)
  const own = listTree(process.pid)
  if (!inside.every((pid) => own.includes(pid))) return 'other programs are in the cgroup of this server'
  divide(folder, inside, [...needed, ...controllers.filter((name) => name === 'cpu')])
  return null
}

/**
 * The nearest ancestor that delegates the controllers. Null if the server's memory is limited: sandboxes would escape
 * that limit.
 */
function findParent({ mount, folder }: Own, needed: readonly string[]): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (needed.every((name) => controllersOf(at).includes(name))) return at
    if (at === mount || at === dirname(at) || isLimited(at)) return null
  }
}

function isLimited(folder: string): boolean {
  try {
    return read(join(folder, 'memory.max')).trim() !== 'max'
  } catch {
    return false
  }
}

const controllersOf = (folder: string): string[] =>
  read(join(folder, 'cgroup.subtree_control')).replaceAll('+', '').split(/\s+/)

/** A cgroup that delegates controllers may not contain processes. */
function divide(folder: string, pids: readonly number[], controllers: readonly string[]): void {
  const server = join(folder, 'server')
  mkdirSync(server, { recursive: true })
  try {
    for (const pid of pids) writeFileSync(join(server, 'cgroup.procs'), String(pid))
    delegate(folder, controllers)
  } catch (error) {
    for (const pid of pids) writeFileSync(join(folder, 'cgroup.procs'), String(pid))
    rmdirSync(server)
    throw error
  }
}

function delegate(folder: string, controllers: readonly string[]): void {
  const text = controllers.map((name) => `+${name}`).join(' ')
  if (text !== '') writeFileSync(join(folder, 'cgroup.subtree_control'), text)
}

function createBoxV2(parent: string, memoryBytes: number, pids: readonly number[]): Promise<Box> {
  const folder = join(parent, nextName())
  const controllers = controllersOf(parent)
  const of = (controller: string, values: Part['values']) => (controllers.includes(controller) ? values : {})
  const values = {
    ...of('memory', { 'memory.max': memoryBytes, 'memory.oom.group': 1 }),
    ...of('pids', { 'pids.max': PROCESSES }),
    ...of('cpu', { 'cpu.max': `${CPU_QUOTA} ${CPU_PERIOD}` }),
  }
  return createBox([{ folder, values }], pids, {
    kill: () => tryWrite(join(folder, 'cgroup.kill'), '1'),
    findShortage() {
      const count = (name: string) => readCount(join(folder, 'memory.events'), name)
      if (count('oom_kill') === 0) return null
      return count('oom') > 0 ? 'memory' : 'machine_memory'
    },
    allow: (bytes) => tryWrite(join(folder, 'memory.max'), String(Math.max(bytes, memoryBytes))),
  })
}
