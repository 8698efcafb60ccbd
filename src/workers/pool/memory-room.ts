/** Whether one more sandbox fits into the memory that is left, by what the runs of its workflow have needed. */

import type { Memory } from '../sandbox/cgroups/machine-memory.ts'
import type { Worker } from '../worker/worker.ts'
import type { Group } from './group.ts'

/** What is asked of a group of workers. */
export type Member = Pick<Group, 'spec' | 'starting' | 'inUse' | 'waitingSince'>

export type MemoryRoomOptions = {
  /** All that there are. */
  readonly groups: () => Iterable<Member>
  /** Null where the kernel does not say it: then everything fits. */
  readonly read: () => Memory | null
  /** What the current run of a worker holds. */
  readonly heldBy: (worker: Worker) => number
}

/** Why a sandbox does not fit: what its run is expected to need. */
export type Lack = Memory & { readonly expected: number }

/** What was found at a moment, by `performance.now()`, and what was promised since. */
type Look = {
  readonly at: number
  readonly memory: Memory | null
  /** What all runs may take together, as if none held anything yet. */
  most: number
  /** What they hold, and what they may still take; null until it is asked for. */
  measured: { readonly held: number; promised: number } | null
}

const MIB = 1024 * 1024
/** A sandbox with a small run in it. */
const LEAST_BYTES = 32 * MIB
/** For the server, and for what else is there: a share of all, and at most this. */
const RESERVE_BYTES = 256 * MIB
const RESERVE_SHARE = 1 / 16
/** Functions always have this share: where other programs fill the memory, the end of a run makes no room. */
const OWN_SHARE = 1 / 4
/** No workflow is expected to need more, whatever its limit. */
const MOST_SHARE = 1 / 2
/** By then most functions hold what they will need. */
const SETTLED_MS = 1_000
/** A workflow of which no run has ended yet waits so long for room as large as its limit, and from then on for an eighth of all. */
const PATIENCE_MS = 10_000
const TRIED_SHARE = 1 / 8
const LOOK_MS = 100
const MAX_KNOWN = 10_000
/** How much of an earlier, higher peak counts after another run. */
const FADE = 0.9

export class MemoryRoom {
  readonly #options: MemoryRoomOptions
  /** What runs have needed, by workflow; the first is the one that was learned the longest time ago. */
  readonly #peaks = new Map<string, number>()
  /** What runs under way were seen to hold at most, of workflows of which none has ended yet. */
  readonly #seen = new Map<string, number>()
  #last: Look | null = null

  constructor(options: MemoryRoomOptions) {
    this.#options = options
  }

  /** Takes what a run has needed; null: it is not known. */
  learn(workflowId: string, peakBytes: number | null): void {
    if (peakBytes === null) return
    const before = (this.#peaks.get(workflowId) ?? 0) * FADE
    this.#seen.delete(workflowId)
    keep(this.#peaks, workflowId, Math.max(before, peakBytes))
  }

  /** Null if one more sandbox of a group fits beside those of all groups. */
  findLack(group: Member): Lack | null {
    const look = this.#look()
    const { memory } = look
    if (memory === null) return null
    const left = memory.free - Math.min(RESERVE_BYTES, memory.total * RESERVE_SHARE)
    if (left - look.most >= this.#expect(group, memory)) return null
    look.measured ??= this.#measure(memory)
    const { held, promised } = look.measured
    const expected = this.#expect(group, memory)
    const isOwn = held + promised + expected <= memory.total * OWN_SHARE
    return isOwn || expected <= left - promised ? null : { ...memory, expected }
  }

  /** Counts a sandbox of a group that is about to be made. */
  promise(group: Member): void {
    if (this.#last === null || this.#last.memory === null) return
    const expected = this.#expect(group, this.#last.memory)
    this.#last.most += expected
    if (this.#last.measured !== null) this.#last.measured.promised += expected
  }

  /** Hundreds of groups may ask at once, so what was found counts for a moment. */
  #look(): Look {
    const now = performance.now()
    if (this.#last !== null && this.#last.at >= now - LOOK_MS) return this.#last
    const memory = this.#options.read()
    let most = 0
    if (memory !== null)
      for (const group of this.#options.groups())
        most += (group.starting + group.inUse.length) * this.#expect(group, memory)
    this.#last = { at: now, memory, most, measured: null }
    return this.#last
  }

  /** Takes some 0.1 ms for each run, so it is only done where memory may be short. */
  #measure(memory: Memory): { held: number; promised: number } {
    const sum = { held: 0, promised: 0 }
    for (const group of this.#options.groups()) {
      const { workflowId } = group.spec
      const holds = group.inUse.map(this.#options.heldBy)
      if (!this.#peaks.has(workflowId) && holds.length > 0)
        keep(this.#seen, workflowId, Math.max(this.#seen.get(workflowId) ?? 0, ...holds))
      const expected = this.#expect(group, memory)
      sum.promised += group.starting * expected
      for (const [index, worker] of group.inUse.entries()) {
        const now = holds[index] ?? 0
        sum.held += now
        sum.promised += Math.max(0, this.#needOf(worker, group, expected) - now)
      }
    }
    return sum
  }

  /** What a run of a group is expected to need. */
  #expect({ spec, waitingSince }: Member, { total }: Memory): number {
    const limit = Math.min(spec.message.memory, total * MOST_SHARE)
    const known = this.#peaks.get(spec.workflowId)
    if (known !== undefined) return Math.min(limit, Math.max(LEAST_BYTES, known))
    const isTried = waitingSince !== null && waitingSince < performance.now() - PATIENCE_MS
    const seen = this.#seen.get(spec.workflowId) ?? LEAST_BYTES
    return Math.min(limit, Math.max(seen, isTried ? total * TRIED_SHARE : limit))
  }

  /**
   * What a run that is under way may need. Once it has settled, what runs of its workflow have needed, or held: its worker serves the
   * next one that waits.
   */
  #needOf({ busySince }: Worker, { spec: { workflowId } }: Member, expected: number): number {
    const isSettled = busySince !== null && busySince < performance.now() - SETTLED_MS
    return isSettled ? Math.min(expected, this.#peaks.get(workflowId) ?? this.#seen.get(workflowId) ?? 0) : expected
  }
}

/** As the newest of at most so many. */
function keep(values: Map<string, number>, key: string, value: number): void {
  values.delete(key)
  values.set(key, value)
  const [oldest] = values.keys()
  if (values.size > MAX_KNOWN && oldest !== undefined) values.delete(oldest)
}
