/** The root is bubblewrap, the supervisor, or the template. */

import { constants } from 'node:os'
import { LIMITS } from '../../domain/workflows/workflow.ts'
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
} from '../sandbox/process/processes.ts'
import type { SandboxRoot } from '../sandbox/process/sandbox-process.ts'

const guarded = guard('a worker')

export type Hidden = { readonly descriptors: number; readonly bytes: number }

const FILE_BYTES = 1024
const RESERVE_BYTES = 512 * 1024 * 1024
const USUAL_BYTES = LIMITS.memoryMib.preset * 1024 * 1024
const PATIENCE_MS = 10_000
const KILLED = new Set(['signal SIGKILL', `exit code ${128 + constants.signals.SIGKILL}`])
/** Fewer sockets hold little. */
const MANY_DESCRIPTORS = 64

export type TreeTraits = {
  readonly hasNamespaces: boolean
  /** Node handles no signals while JavaScript runs, so the template reads its stack with a debugger. */
  readonly isNode: boolean
  /** Recent kills by the kernel, the only sign without cgroups. */
  readonly hasMachineEnded: () => boolean
}

export class ProcessTree {
  #root: number | undefined
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

  get hasTemplate(): boolean {
    return this.#templateAt === 0
  }

  /** Resident memory of the template or the waiting process. */
  get idleBytes(): number {
    return Math.max(
      0,
      ...this.#list()
        .slice(this.#templateAt, this.#templateAt + 2)
        .map(residentBytes),
    )
  }

  get owners(): readonly number[] {
    const template = this.template
    return template === undefined ? [] : ownersOf(template)
  }

  listRun({ withTemplate }: { withTemplate: boolean }): readonly number[] {
    return this.#list().slice(withTemplate ? this.#templateAt : this.#templateAt + 1)
  }

  measureHidden(pids: readonly number[]): Hidden {
    const [first] = pids
    const descriptors = pids.reduce((total, pid) => total + countDescriptors(pid), 0)
    // Without namespaces, sockets and file systems are the host's.
    if (first === undefined || !this.traits.hasNamespaces) return { descriptors, bytes: 0 }
    const files = WRITABLE.reduce((total, path) => total + countFiles(first, path), 0)
    return { descriptors, bytes: files * FILE_BYTES + (descriptors > MANY_DESCRIPTORS ? queuedBytes(first) : 0) }
  }

  /** cgroup v1 kills one process, v2 kills all. */
  findShortage(signal: number | null): Shortage | null {
    if (signal !== constants.signals.SIGKILL) return null
    if (this.#box !== null) return this.#box.findShortage()
    return this.traits.hasMachineEnded() ? 'machine_memory' : null
  }

  async enclose(cgroups: Cgroups | null): Promise<void> {
    endFirstWithoutMemory(this.#list())
    const pids = this.#list().slice(this.#templateAt)
    if (cgroups === null || pids.length === 0) return
    this.#box = await cgroups.put(pids)
    if (this.#hasLeft) this.#box.remove()
  }

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
    // A zygote may have waited for the root. Roots of a dead zygote end by themselves.
    if (!isChildOf(this.#parent, root)) return
    killBelow(root)
    this.#patience ??= guarded
      .setTimeout(() => {
        if (this.#root === root && isChildOf(this.#parent, root)) killTree(root, false)
      }, PATIENCE_MS)
      .unref()
  }

  /** The pid may be reused after the root's end. */
  forgetRoot(): void {
    this.#root = undefined
    if (this.#patience !== null) clearTimeout(this.#patience)
  }

  leave(how: string): Shortage | null {
    this.forgetRoot()
    this.#hasLeft = true
    const shortage = this.#box?.findShortage() ?? this.findShortage(KILLED.has(how) ? constants.signals.SIGKILL : null)
    this.#box?.remove()
    return shortage
  }

  get template(): number | undefined {
    return this.#list()[this.#templateAt]
  }

  #list(): readonly number[] {
    return this.#root === undefined ? [] : listTree(this.#root)
  }
}
