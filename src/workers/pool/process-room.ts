/**
 * Bounds sandboxes where the kernel counts all their processes together. Without user namespaces they share one user,
 * and RLIMIT_NPROC applies to that user.
 */

import { languageOf } from '../../domain/workflows/language.ts'
import type { Group } from './group.ts'
import { countBusy, hasShare } from './share.ts'

/**
 * Threads of all sandboxes before functions start any. Each sandbox may add up to 256 (MAX_PROCESSES_SHARED in
 * runtimes/workflow_runtime/confinement/limits.py). The rest is for functions and spare sandboxes. With a limit of
 * 640 a fork bomb took 8 to 14 s to end, with 256 it takes 0.3 s.
 */
const MOST = 192
/**
 * Python: the supervisor, the template, and the children that wait and run. Node: two more processes with about eight
 * threads each.
 */
const THREADS = { python: 4, javascript: 20 } as const

export type Occupant = Pick<Group, 'spec' | 'busy' | 'size'>

export class ProcessRoom {
  readonly #groups: () => Iterable<Occupant>

  constructor(groups: () => Iterable<Occupant>) {
    this.#groups = groups
  }

  hasShare(group: Occupant): boolean {
    return hasShare({ ...countBusy(this.#groups(), group.spec.workflowId, threadsOf), max: MOST })
  }

  fits(group: Occupant): boolean {
    let held = threadsOf(group)
    for (const one of this.#groups()) held += one.size * threadsOf(one)
    return held <= MOST
  }
}

const threadsOf = ({ spec }: Occupant): number => THREADS[languageOf(spec.runtime)]
