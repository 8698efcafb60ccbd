/** The processes of one worker on this machine: the one that watches over the others (bubblewrap, or the runtime's own
 * supervisor), the template, and what runs the user's code. */

import type { Box, Cgroups } from '../sandbox/cgroups.ts'
import { killTree, listTree, ownersOf, residentBytes } from '../sandbox/processes.ts'

export class ProcessTree {
  #root: number | undefined
  readonly #hasNamespaces: boolean
  #box: Box | null = null

  constructor(root: number | undefined, hasNamespaces: boolean) {
    this.#root = root
    this.#hasNamespaces = hasNamespaces
  }

  /** What the template holds, in bytes. */
  get templateBytes(): number {
    const template = this.#template
    return template === undefined ? 0 : residentBytes(template)
  }

  /** Which users the template is: real, effective, saved and of files. */
  get owners(): readonly number[] {
    const template = this.#template
    return template === undefined ? [] : ownersOf(template)
  }

  /** What runs the user's code: with the template, which comes first then, or without it. */
  listRun({ withTemplate }: { withTemplate: boolean }): readonly number[] {
    return this.#list().slice(withTemplate ? 1 : 2)
  }

  /** Bounds them all together. */
  enclose(cgroups: Cgroups): void {
    if (this.#root !== undefined) this.#box = cgroups.put(this.#list())
  }

  kill(): void {
    this.#box?.kill()
    if (this.#root !== undefined) killTree(this.#root, this.#hasNamespaces)
  }

  /** The first one has ended. Its number may be anybody's from now on. */
  forgetRoot(): void {
    this.#root = undefined
  }

  /** They have ended: whether for want of memory. */
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
