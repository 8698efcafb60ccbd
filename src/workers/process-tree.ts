/** The processes of one worker on this machine: the launcher, the template, and what runs the user's code. */

import type { Box, Cgroups } from './cgroups.ts'
import { killTree, listTree, ownersOf, residentBytes } from './processes.ts'

export class ProcessTree {
  readonly #root: number | undefined
  /** Whether bubblewrap stands between us and the template. */
  readonly #hasLauncher: boolean
  #box: Box | null = null

  constructor(root: number | undefined, hasLauncher: boolean) {
    this.#root = root
    this.#hasLauncher = hasLauncher
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

  /** All but the launcher and, unless it runs the user's code itself, the template. The process of the run comes first. */
  listRun({ withTemplate }: { withTemplate: boolean }): readonly number[] {
    const behind = this.#hasLauncher ? 1 : 0
    return this.#list().slice(withTemplate ? behind : behind + 1)
  }

  /** Bounds them all together. */
  enclose(cgroups: Cgroups): void {
    if (this.#root !== undefined) this.#box = cgroups.put(this.#list())
  }

  kill(): void {
    this.#box?.kill()
    if (this.#root !== undefined) killTree(this.#root, this.#hasLauncher)
  }

  /** They have ended: whether for want of memory. */
  leave(): { ranOutOfMemory: boolean } {
    const ranOutOfMemory = this.#box?.ranOutOfMemory() ?? false
    this.#box?.remove()
    return { ranOutOfMemory }
  }

  get #template(): number | undefined {
    return this.#list()[this.#hasLauncher ? 1 : 0]
  }

  #list(): readonly number[] {
    return this.#root === undefined ? [] : listTree(this.#root)
  }
}
