import { LRUCache } from 'lru-cache'
import type { Memory } from '../sandbox/cgroups/machine-memory.ts'
import type { Worker } from '../worker/worker.ts'
import type { Group } from './group.ts'

export type Member = Pick<Group, 'spec' | 'starting' | 'inUse' | 'waitingSince'>

export type MemoryRoomOptions = {
  readonly groups: () => Iterable<Member>
  readonly read: () => Memory | null
  readonly heldBy: (worker: Worker) => number
}

export type Lack = Memory & { readonly expected: number }

type Look = {
  readonly at: number
  readonly memory: Memory | null
  /** Upper bound of all allocations, as if runs held nothing. */
  most: number
  /** Computed on demand. */
  measured: { readonly held: number; promised: number } | null
}

const MIB = 1024 * 1024
const LEAST_BYTES = 32 * MIB
/** Kept for the server and other programs. */
const RESERVE_BYTES = 256 * MIB
const RESERVE_SHARE = 1 / 16
/** Waiting does not help if other programs fill the memory. */
const OWN_SHARE = 1 / 4
const MOST_SHARE = 1 / 2
/** Most functions reach their peak by then. */
const SETTLED_MS = 1_000
/** A workflow without a finished run waits for memory up to its limit, then for an eighth of the total. */
const PATIENCE_MS = 10_000
const TRIED_SHARE = 1 / 8
const LOOK_MS = 100
const MAX_KNOWN = 10_000
const FADE = 0.9

export class MemoryRoom {
  readonly #options: MemoryRoomOptions
  readonly #peaks = new LRUCache<string, number>({ max: MAX_KNOWN })
  readonly #seen = new LRUCache<string, number>({ max: MAX_KNOWN })
  #last: Look | null = null

  constructor(options: MemoryRoomOptions) {
    this.#options = options
  }

  learn(workflowId: string, peakBytes: number | null): void {
    if (peakBytes === null) return
    const before = (this.#peaks.get(workflowId) ?? 0) * FADE
    this.#seen.delete(workflowId)
    this.#peaks.set(workflowId, Math.max(before, peakBytes))
  }

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

  promise(group: Member): void {
    if (this.#last === null || this.#last.memory === null) return
    const expected = this.#expect(group, this.#last.memory)
    this.#last.most += expected
    if (this.#last.measured !== null) this.#last.measured.promised += expected
  }

  /** Hundreds of groups may ask simultaneously. */
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

  /** Takes about 0.1 ms for each run. */
  #measure(memory: Memory): { held: number; promised: number } {
    const sum = { held: 0, promised: 0 }
    for (const group of this.#options.groups()) {
      const { workflowId } = group.spec
      const holds = group.inUse.map(this.#options.heldBy)
      if (!this.#peaks.has(workflowId) && holds.length > 0)
        this.#seen.set(workflowId, Math.max(this.#seen.get(workflowId) ?? 0, ...holds))
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

  #expect({ spec, waitingSince }: Member, { total }: Memory): number {
    const limit = Math.min(spec.message.memory, total * MOST_SHARE)
    const known = this.#peaks.get(spec.workflowId)
    if (known !== undefined) return Math.min(limit, Math.max(LEAST_BYTES, known))
    const isTried = waitingSince !== null && waitingSince < performance.now() - PATIENCE_MS
    const seen = this.#seen.get(spec.workflowId) ?? LEAST_BYTES
    return Math.min(limit, Math.max(seen, isTried ? total * TRIED_SHARE : limit))
  }

  /** The workflow's peak counts after the active run has settled, because the worker serves the next run. */
  #needOf({ busySince }: Worker, { spec: { workflowId } }: Member, expected: number): number {
    const isSettled = busySince !== null && busySince < performance.now() - SETTLED_MS
    return isSettled ? Math.min(expected, this.#peaks.get(workflowId) ?? this.#seen.get(workflowId) ?? 0) : expected
  }
}
