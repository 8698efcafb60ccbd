/** The part of the store that is about servers: whose lease holds, whose runs are lost, what they tell each other. */

import type { Signal } from '../../domain/signal.ts'

export type ServerStore = {
  /** Says that this server lives (its lease), by the database's clock. */
  heartbeat(): Promise<void>
  /** Running runs of servers that are gone become `lost`; lost scheduled ones are started anew (at most 3 a tick). Returns the lost run ids. */
  recoverLostRuns(now: number): Promise<readonly string[]>
  /** Gives up a run of this server: it is `lost`, now or as soon as the database takes it. */
  abandonRun(runId: string, now: number): Promise<void>
  /** Ends a queued run, or asks whoever carries a running one to end it; false when it had ended already. */
  requestCancel(runId: string, now: number): Promise<boolean>
  /** Running runs of this server that somebody asked to end. */
  listCancelRequests(): Promise<readonly string[]>

  /** Whether another server's lease holds. */
  hasLiveOthers(): Promise<boolean>
  /** Whether other servers use the database, as far as is known. */
  isShared(): boolean
  /** A hint to all others: it may get lost, so what it says must be found by looking, too. */
  publish(signal: Signal): void
  /** Called with what others tell. Returns how to stop. */
  onSignal(listener: (signal: Signal) => void): () => void
}
