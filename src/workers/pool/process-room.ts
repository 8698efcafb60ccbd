/**
 * How many sandboxes fit where the kernel counts the processes of all of them together: without user namespaces they have one user, and
 * RLIMIT_NPROC of each bounds what that user has.
 */

import { languageOf } from '../../domain/workflows/language.ts'
import type { Group } from './group.ts'
import { countBusy, hasShare } from './share.ts'

/**
 * Threads that all sandboxes have without those that functions start. Each sandbox may bring its user to 256 more than there were when it
 * was made (MAX_PROCESSES_SHARED in runtimes/workflow_runtime/confinement/limits.py); what is left is for functions and spare sandboxes.
 * With a bound of 640 a fork bomb took 8 to 14 s to end, with 256 it takes 0.3.
 */
const MOST = 192
/** Of Python: the supervisor, the template, and the children that wait and run. Of Node: two processes more, with some eight threads each. */
const THREADS = { python: 4, javascript: 20 } as const

export type Occupant = Pick<Group, 'spec' | 'busy' | 'size'>

export class ProcessRoom {
  readonly #groups: () => Iterable<Occupant>

  constructor(groups: () => Iterable<Occupant>) {
    this.#groups = groups
  }

  /** Whether the workflow of a group may hold one more sandbox beside what all hold that run. */
  hasShare(group: Occupant): boolean {
    return hasShare({ ...countBusy(this.#groups(), group.spec.workflowId, threadsOf), max: MOST })
  }

  /** Whether one more sandbox of a group fits. */
  fits(group: Occupant): boolean {
    let held = threadsOf(group)
    for (const one of this.#groups()) held += one.size * threadsOf(one)
    return held <= MOST
  }
}

const threadsOf = ({ spec }: Occupant): number => THREADS[languageOf(spec.runtime)]
