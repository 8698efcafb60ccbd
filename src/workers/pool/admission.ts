import type { Report } from '../../domain/shared/measures.ts'
import { guard } from '../../guard.ts'
import type { MachineMemory } from '../sandbox/cgroups/machine-memory.ts'
import type { Log } from '../worker/launcher.ts'
import type { Worker } from '../worker/worker.ts'
import type { Group } from './group.ts'
import { type Lack, MemoryRoom } from './memory-room.ts'
import { ProcessRoom } from './process-room.ts'
import { countBusy, findOldestIdle, hasShare } from './share.ts'

const guarded = guard('the admission to the pool')

export type AdmissionOptions = {
  readonly groups: () => Iterable<Group>
  readonly count: () => number
  readonly maxWorkers: number
  /** The kernel counts all workers for one user. */
  readonly sharesUser: boolean
  readonly machine: Pick<MachineMemory, 'read'>
  readonly heldBy: (worker: Worker) => number
  readonly dismiss: (worker: Worker) => void
  readonly log: Log
  readonly report: Report
}

/** Memory is free only after a worker has ended. */
const RETRY_MS = 100
const LOG_EVERY_MS = 60_000
const MIB = 1024 * 1024

export class Admission {
  readonly #options: AdmissionOptions
  readonly #room: MemoryRoom
  readonly #processes: ProcessRoom | null
  readonly #waiting = new Set<Group>()
  readonly #short = new WeakSet<Group>()
  #reserved = 0
  #timer: NodeJS.Timeout | null = null
  #dismissedAt = Number.NEGATIVE_INFINITY
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#room = new MemoryRoom({ ...options, read: () => options.machine.read() })
    this.#processes = options.sharesUser ? new ProcessRoom(options.groups) : null
  }

  get reserved(): number {
    return this.#reserved
  }

  /** After false, `group.grow` is called when capacity may be free. */
  reserve(group: Group): boolean {
    const { groups, count, maxWorkers: max } = this.#options
    const busy = countBusy(groups(), group.spec.workflowId)
    const isAlone = busy.own + busy.others + this.#reserved === 0
    const fits = () => count() + this.#reserved < max && (this.#processes?.fits(group) ?? true)
    const share = hasShare({ ...busy, max }) && (this.#processes?.hasShare(group) ?? true)
    const may = share && this.#hasMemory(group, isAlone) && this.#makeRoom(group, fits)
    if (!may) {
      this.#waiting.add(group)
      return false
    }
    this.#short.delete(group)
    this.#room.promise(group)
    this.#reserved += 1
    return true
  }

  learn(workflowId: string, peakBytes: number | null): void {
    this.#room.learn(workflowId, peakBytes)
  }

  unreserve(): void {
    this.#reserved -= 1
  }

  retry(): void {
    const groups = [...this.#waiting]
    this.#waiting.clear()
    for (const group of groups) group.grow()
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** A run that never fits starts when nothing else runs. */
  #hasMemory(group: Group, isAlone: boolean): boolean {
    const lack = this.#room.findLack(group)
    if (lack === null) return true
    const now = performance.now()
    if (this.#dismissedAt <= now - RETRY_MS && this.#dismissIdle(group)) this.#dismissedAt = now
    if (isAlone) return true
    this.#note(group, lack, now)
    this.#timer ??= guarded.setTimeout(() => {
      this.#timer = null
      this.retry()
    }, RETRY_MS)
    return false
  }

  #note(group: Group, { free, total, expected }: Lack, now: number): void {
    const { log, report } = this.#options
    if (!this.#short.has(group)) report({ kind: 'memory_short' })
    this.#short.add(group)
    if (this.#loggedAt > now - LOG_EVERY_MS) return
    this.#loggedAt = now
    const mib = (bytes: number) => Math.round(bytes / MIB)
    const facts = {
      workflow: group.spec.workflowId,
      freeMib: mib(free),
      totalMib: mib(total),
      neededMib: mib(expected),
    }
    log.warn(facts, 'memory is short: runs wait until others have ended')
  }

  #makeRoom(group: Group, fits: () => boolean): boolean {
    while (!fits()) if (!this.#dismissIdle(group)) return false
    return true
  }

  #dismissIdle(group: Group): boolean {
    const oldest = findOldestIdle(this.#options.groups(), group)
    if (oldest !== null) this.#options.dismiss(oldest)
    return oldest !== null
  }
}
