/** The processes of one worker: the root (bubblewrap or the runtime's supervisor), the template, and those that run user code. */

import type { Box, Cgroups } from '../sandbox/cgroups.ts'
import { endFirstWithoutMemory, killTree, listTree, ownersOf, residentBytes } from '../sandbox/processes.ts'

export class ProcessTree {
  #root: number | undefined
  readonly #hasNamespaces: boolean
  #box: Box | null = null

  constructor(root: number | undefined, hasNamespaces: boolean) {
    this.#root = root
    this.#hasNamespaces = hasNamespaces
  }

  /** Resident memory of the template, in bytes. */
  get templateBytes(): number {
    const template = this.#template
    return template === undefined ? 0 : residentBytes(template)
  }

  /** The user ids of the template: real, effective, saved and file system. Empty if it has ended. */
  get owners(): readonly number[] {
    const template = this.#template
    return template === undefined ? [] : ownersOf(template)
  }

  /** Returns the pids of everything that runs user code. With `withTemplate`, the template comes first. */
  listRun({ withTemplate }: { withTemplate: boolean }): readonly number[] {
    return this.#list().slice(withTemplate ? 1 : 2)
  }

  /** Bounds what all of them may use together, as far as this machine can: to be called before user code is in them. */
  enclose(cgroups: Cgroups | null): void {
    if (this.#root === undefined) return
    const pids = this.#list()
    endFirstWithoutMemory(pids)
    if (cgroups !== null) this.#box = cgroups.put(pids)
  }

  kill(): void {
    this.#box?.kill()
    if (this.#root !== undefined) killTree(this.#root, this.#hasNamespaces)
  }

  /** To be called when the root has ended: its pid may be reused from now on. */
  forgetRoot(): void {
    this.#root = undefined
  }

  /** To be called when all have ended. Says whether the kernel ended one because of its cgroup's memory limit. */
  leave(): { ranOutOfMemory: boolean } {
    this.forgetRoot()
    const ranOutOfMemory = this.#box?.ranOutOfMemory() ?? false
    this.#box?.remove()
    return { ranOutOfMemory }
  }

  get #template(): number | undefined {
    return this.#list()[1]
  }

  #list(): readonly number[] {
    return this.#root === undefined ? [] : listTree(this.#root)
  }
}
