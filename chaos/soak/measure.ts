/** What a server holds at a moment: memory, descriptors, processes, disk. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { TestServer } from '../../test/helpers/server.ts'

/** Sizes in MiB. */
export type Held = {
  readonly rssMib: number
  /** Of JavaScript, and what belongs to it outside. */
  readonly heapMib: number
  /** Resident memory of all other processes of the server together; pages that they share count for each. */
  readonly othersMib: number
  readonly descriptors: number
  readonly processes: number
  readonly databaseMib: number
  readonly logMib: number
  /** Of the machine: processes that run or want to. */
  readonly load: number
}

const MIB = 1024 * 1024
const PAGE = 4096

/** Asks the kernel, and the server's own metrics for its heap. */
export async function measure({ process: child, dataDir, url }: TestServer): Promise<Held> {
  const pid = child.pid ?? 0
  const others = listDescendants(pid)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
  const fileBytes = (name: string) => statSync(join(dataDir, name)).size
  return {
    rssMib: residentBytes(pid) / MIB,
    heapMib: (metric('nodejs_heap_size_used_bytes') + metric('nodejs_external_memory_bytes')) / MIB,
    othersMib: others.reduce((total, other) => total + residentBytes(other), 0) / MIB,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    processes: others.length,
    databaseMib: fileBytes('workflows.db') / MIB,
    logMib: fileBytes('workflows.db-wal') / MIB,
    load: loadavg()[0] ?? 0,
  }
}

/** 0 if it has ended. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE
  } catch {
    return 0
  }
}

function listDescendants(root: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && parent !== 0 && (parent === root || isBelow(parent))
  }
  return [...parents.keys()].filter(isBelow)
}
