/** RLIMIT_NPROC counts all sandboxes of one user together. */

import { languageOf } from '../../domain/shared/language.ts'
import type { Group } from './group.ts'
import { countBusy, hasShare } from './share.ts'

/**
 * Threads of all sandboxes before functions start any. Each sandbox may add up to 256 (MAX_PROCESSES_SHARED in
 * runtimes/workflow_runtime/confinement/limits.py). A fork bomb ends after 0.3 s, with 640 after 8 to 14 s.
 */
const MOST = 192
/** Python: supervisor, template, two children. Node: two more processes with about eight threads each. */
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
