/** cgroup v1, where memory and pids belong to that version: a server that is root creates cgroups below its own. */

import { accessSync, constants } from 'node:fs'
import { join, relative } from 'node:path'
import {
  type Box,
  type CgroupOptions,
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

/** The folders of the server's cgroups, by controller. */
type Folders = { readonly memory: string; readonly pids: string }

/** Never throws. Leaves everything unchanged if it finds none. */
export function openCgroupsV1({ proc = '/proc/self', memoryBytes = MEMORY_BYTES }: CgroupOptions): FoundCgroups {
  const created: string[] = []
  try {
    const find = (controller: string) => findFolder(proc, controller)
    const parents = { memory: find('memory'), pids: find('pids') }
    if (parents.memory === null || parents.pids === null)
      return { cgroups: null, reason: 'cgroup v1 has no controllers for memory and pids either' }
    const name = nextServerName()
    for (const parent of new Set([parents.memory, parents.pids])) created.push(createServerFolder(parent, name))
    const child = (parent: string) => join(parent, name)
    const folders = {
      memory: child(parents.memory),
      pids: child(parents.pids),
    }
    return {
      cgroups: {
        version: 'v1',
        put: (pids) => createBoxV1(folders, memoryBytes, pids),
        close: () => removeTrees(created),
      },
      reason: null,
    }
  } catch (error) {
    void removeTrees(created)
    return {
      cgroups: null,
      reason: `cgroup v1 cannot be used (${error instanceof Error ? error.message : error})`,
    }
  }
}

/** Returns the folder of the server's own cgroup; null if this machine does not have the controller in v1. */
function findFolder(proc: string, controller: string): string | null {
  const mounts = read(join(proc, 'mountinfo')).split('\n')
  const mount = mounts
    .map((line) => /^(?:\S+ ){3}(\S+) (\S+) .* - cgroup \S+ (\S+)$/.exec(line))
    .find((match) => match?.[3]?.split(',').includes(controller))
  const line = read(join(proc, 'cgroup'))
    .split('\n')
    .find((text) => text.split(':')[1]?.split(',').includes(controller))
  if (!mount || line === undefined) return null
  const [, root = '/', point = ''] = mount
  const below = relative(root, line.split(':').slice(2).join(':'))
  if (below.startsWith('..')) return null
  const folder = join(point, below)
  accessSync(folder, constants.W_OK)
  return folder
}

/** CPU stays unbounded: moving a process once more takes longer, and sandboxes have a lower priority than the server. */
function createBoxV1({ memory, pids: processes }: Folders, memoryBytes: number, pids: readonly number[]): Promise<Box> {
  const name = nextName()
  const memoryPart = {
    folder: join(memory, name),
    values: { 'memory.limit_in_bytes': memoryBytes },
    // This file exists only if the kernel counts swap.
    optional: { 'memory.memsw.limit_in_bytes': memoryBytes },
  }
  const bound = { 'pids.max': PROCESSES }
  const parts: Part[] =
    memory === processes
      ? [{ ...memoryPart, values: { ...memoryPart.values, ...bound } }]
      : [memoryPart, { folder: join(processes, name), values: bound }]
  return createBox(parts, pids, {
    kill: () => {},
    ranOutOfMemory: () => readCount(join(memory, name, 'memory.oom_control'), 'oom_kill') > 0,
    allow(bytes) {
      // With swap it may never be less than without.
      for (const file of ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes']) {
        tryWrite(join(memory, name, file), String(Math.max(bytes, memoryBytes)))
      }
    },
  })
}
