/** RLIMIT_NPROC counts the processes of all sandboxes with one user. */

import { languageOf } from '../../domain/shared/language.ts'
import type { Group } from './group.ts'
import { countBusy, hasShare } from './share.ts'

/**
 * Threads of all sandboxes before functions start any. Each sandbox may add up to 256 (MAX_PROCESSES_SHARED in
 * runtimes/workflow_runtime/confinement/limits.py). A fork bomb takes 0.3 s to end. With 640 it took 8 to 14 s.
 */
const MOST = 192
/** Python: supervisor, template, and two children. Node: two more processes with about eight threads each. */
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
