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
  tryRead,
  tryWrite,
} from './cgroup-folders.ts'

type Folders = { readonly memory: string; readonly pids: string }

/** The kernel charges pages in batches. */
const LIMIT_SLACK = 1024 * 1024

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

export function locateV1(proc: string, controller: string): { mount: string; folder: string } | null {
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
  return below.startsWith('..') ? null : { mount: point, folder: join(point, below) }
}

function findFolder(proc: string, controller: string): string | null {
  const folder = locateV1(proc, controller)?.folder ?? null
  if (folder !== null) accessSync(folder, constants.W_OK)
  return folder
}

/** No CPU limit, which needs another slow move. */
function createBoxV1({ memory, pids: processes }: Folders, memoryBytes: number, pids: readonly number[]): Promise<Box> {
  const name = nextName()
  const memoryPart = {
    folder: join(memory, name),
    values: { 'memory.limit_in_bytes': memoryBytes },
    // The file exists only if the kernel counts swap.
    optional: { 'memory.memsw.limit_in_bytes': memoryBytes },
  }
  const bound = { 'pids.max': PROCESSES }
  const parts: Part[] =
    memory === processes
      ? [{ ...memoryPart, values: { ...memoryPart.values, ...bound } }]
      : [memoryPart, { folder: join(processes, name), values: bound }]
  return createBox(parts, pids, {
    kill: () => {},
    findShortage() {
      if (readCount(join(memory, name, 'memory.oom_control'), 'oom_kill') === 0) return null
      // Newer kernels (seen with 6.18) do not count failures of memory with swap in `failcnt`.
      const bytesOf = (file: string) => Number(tryRead(join(memory, name, file)))
      const isAtLimit = bytesOf('memory.max_usage_in_bytes') + LIMIT_SLACK >= bytesOf('memory.limit_in_bytes')
      return isAtLimit ? 'memory' : 'machine_memory'
    },
    allow(bytes) {
      // The limit with swap may never be the lower one.
      for (const file of ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes']) {
        tryWrite(join(memory, name, file), String(Math.max(bytes, memoryBytes)))
      }
    },
  })
}
