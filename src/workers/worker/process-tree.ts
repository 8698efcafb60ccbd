/** The processes of one worker: the root (bubblewrap, the runtime's supervisor, or the template), the template, and those that run user code. */

import { constants } from 'node:os'
import { LIMITS } from '../../domain/workflow.ts'
import { guard } from '../../guard.ts'
import { WRITABLE } from '../sandbox/bwrap/options.ts'
import type { Box, Cgroups, Shortage } from '../sandbox/cgroups/cgroups.ts'
import {
  countDescriptors,
  countFiles,
  endFirstWithoutMemory,
  isChildOf,
  killBelow,
  killTree,
  listTree,
  ownersOf,
  queuedBytes,
  residentBytes,
} from '../sandbox/processes.ts'
import type { SandboxRoot } from '../sandbox/sandbox-process.ts'

const guarded = guard('a worker')

/** Memory of the kernel that no process is charged for. */
export type Hidden = { readonly descriptors: number; readonly bytes: number }

/** What the kernel needs for an empty file in memory, about. */
const FILE_BYTES = 1024
/** For the template and the files in memory, besides the run. */
const RESERVE_BYTES = 512 * 1024 * 1024
const USUAL_BYTES = LIMITS.memoryMib.preset * 1024 * 1024
/** The supervisor ends within milliseconds after the template, unless something keeps it from running. */
const PATIENCE_MS = 10_000
/** How the root ends with SIGKILL, and with a child that got it. */
const KILLED = new Set(['signal SIGKILL', `exit code ${128 + constants.signals.SIGKILL}`])
/** With fewer, the sockets of a sandbox hold little. */
const MANY_DESCRIPTORS = 64

export type TreeTraits = {
  /** Whether the kernel ends all processes of the sandbox together with the first one. */
  readonly hasNamespaces: boolean
  /**
   * Whether the runs are processes of Node. It answers no signal while JavaScript runs, so the template asks it for its
   * stack, and it prints that a debugger is attached.
   */
  readonly isNode: boolean
  /** Whether the kernel has ended processes for want of memory lately: the only sign where a sandbox is no cgroup. */
  readonly hasMachineEnded: () => boolean
}

export class ProcessTree {
  #root: number | undefined
  /** The place of the template in the list of processes: behind the root, or itself the root. */
  readonly #templateAt: 0 | 1
  readonly #killRoot: (() => void) | null
  readonly #parent: number
  readonly traits: TreeTraits
  #box: Box | null = null
  #patience: NodeJS.Timeout | null = null
  #hasLeft = false

  constructor({ pid, kill, parent }: SandboxRoot, traits: TreeTraits) {
    this.#root = pid
    this.#killRoot = kill
    this.#parent = parent
    this.#templateAt = kill === null ? 1 : 0
    this.traits = traits
  }

  /** Whether the template is there before it is booted. */
  get hasTemplate(): boolean {
    return this.#templateAt === 0
  }

  /** Resident memory in bytes of the template, or of the process that waits for a run where that has more, as Node has. */
  get idleBytes(): number {
    return Math.max(
      0,
      ...this.#list()
        .slice(this.#templateAt, this.#templateAt + 2)
        .map(residentBytes),
    )
  }

  /** The user ids of the template: real, effective, saved and file system. Empty if it has ended. */
  get owners(): readonly number[] {
    const template = this.template
    return template === undefined ? [] : ownersOf(template)
  }

  /** Returns the pids of everything that runs user code. With `withTemplate`, the template comes first. */
  listRun({ withTemplate }: { withTemplate: boolean }): readonly number[] {
    return this.#list().slice(withTemplate ? this.#templateAt : this.#templateAt + 1)
  }

  /** Measures what these processes hold outside their memory: descriptors, files without content, and data in sockets. */
  measureHidden(pids: readonly number[]): Hidden {
    const [first] = pids
    const descriptors = pids.reduce((total, pid) => total + countDescriptors(pid), 0)
    // Without namespaces, the sockets and file systems are those of the host.
    if (first === undefined || !this.traits.hasNamespaces) return { descriptors, bytes: 0 }
    const files = WRITABLE.reduce((total, path) => total + countFiles(first, path), 0)
    return { descriptors, bytes: files * FILE_BYTES + (descriptors > MANY_DESCRIPTORS ? queuedBytes(first) : 0) }
  }

  /**
   * What ran out if the kernel ended a process, which got this signal, for want of memory; null if it did not. cgroup v1 ends one
   * process, where v2 ends all of them.
   */
  findShortage(signal: number | null): Shortage | null {
    if (signal !== constants.signals.SIGKILL) return null
    if (this.#box !== null) return this.#box.findShortage()
    return this.traits.hasMachineEnded() ? 'machine_memory' : null
  }

  /**
   * Bounds what all of them may use together, as far as this machine supports it. To be called before user code is in them.
   * Rejects if the template cannot be moved into a cgroup.
   */
  async enclose(cgroups: Cgroups | null): Promise<void> {
    endFirstWithoutMemory(this.#list())
    const pids = this.#list().slice(this.#templateAt)
    if (cgroups === null || pids.length === 0) return
    this.#box = await cgroups.put(pids)
    if (this.#hasLeft) this.#box.remove()
  }

  /** Lets all of them together use as much memory as a run of this limit may need. */
  allow(memoryBytes: number): void {
    if (memoryBytes > USUAL_BYTES) this.#box?.allow(memoryBytes + RESERVE_BYTES)
  }

  kill(): void {
    this.#box?.kill()
    const root = this.#root
    if (root === undefined) return
    if (this.#killRoot !== null) this.#killRoot()
    else if (this.traits.hasNamespaces) killTree(root, true)
    else this.#killBelowSupervisor(root)
  }

  #killBelowSupervisor(root: number): void {
    // A zygote may have waited for it. One whose zygote has died has been told to end.
    if (!isChildOf(this.#parent, root)) return
    killBelow(root)
    this.#patience ??= guarded
      .setTimeout(() => {
        if (this.#root === root && isChildOf(this.#parent, root)) killTree(root, false)
      }, PATIENCE_MS)
      .unref()
  }

  /** To be called when the root has ended: its pid may be reused from now on. */
  forgetRoot(): void {
    this.#root = undefined
    if (this.#patience !== null) clearTimeout(this.#patience)
  }

  /** To be called when all have ended, with how the root did. Returns what ran out if the kernel ended one for want of memory. */
  leave(how: string): Shortage | null {
    this.forgetRoot()
    this.#hasLeft = true
    const shortage = this.#box?.findShortage() ?? this.findShortage(KILLED.has(how) ? constants.signals.SIGKILL : null)
    this.#box?.remove()
    return shortage
  }

  /** The pid of the template. */
  get template(): number | undefined {
    return this.#list()[this.#templateAt]
  }

  #list(): readonly number[] {
    return this.#root === undefined ? [] : listTree(this.#root)
  }
}
