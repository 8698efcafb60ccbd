/** The part of the store about servers: whose lease is valid, whose runs are lost, which signals they send. */

import type { Signal } from '../../domain/signal.ts'
import type { Connections } from '../database/database.ts'
import type { QueueState } from '../runs/queue/state.ts'

/** What a server says of itself. */
export type ServerFacts = {
  readonly version: string
  /** Not said by older releases. */
  readonly commit?: string | null
  readonly host: string
  readonly sandbox: string
  readonly running: number
  readonly waiting: number
  readonly workers: number
}

export type KnownServer = {
  readonly id: string
  readonly startedAt: number
  readonly leaseUntil: number
  /** By the database's clock. */
  readonly isAlive: boolean
  /** It is the one that was asked. */
  readonly isThis: boolean
  /** Null: it has not said it yet, or is of an older release. */
  readonly facts: ServerFacts | null
}

export type ServerStore = {
  /**
   * Says that this server lives (its lease), by the database's clock, and what it is. Throws an OutdatedError when a newer release has
   * changed the tables so that this one must stop.
   */
  heartbeat(facts?: ServerFacts): Promise<void>
  /** Throws when the database cannot take a write right now. */
  ping(): Promise<void>
  /** What to add to this server's clock to have that of the database, in milliseconds; as of the last heartbeat. */
  clockOffset(): number
  /** The time by which schedules and retention go: the database's, whatever this server's clock does between two heartbeats. */
  sharedNow(): number
  /** Why this server must take in no runs: its clock is too far from the database's. Null: it is not. */
  clockProblem(): string | null
  listServers(): Promise<readonly KnownServer[]>
  /** Running runs of servers that are gone become `lost`; lost scheduled ones are started again (at most 3 a tick). Returns the lost run ids. */
  recoverLostRuns(now: number): Promise<readonly string[]>
  /** Abandons a run of this server: it is `lost`, now or as soon as the database can be written. */
  abandonRun(runId: string, now: number): Promise<void>
  /** Ends a queued run, or asks the server of a running one to end it. Returns false when it had ended already. */
  requestCancel(runId: string, now: number): Promise<boolean>
  /** Running runs of this server that somebody asked to end. */
  listCancelRequests(): Promise<readonly string[]>

  /** Whether another server's lease holds. */
  hasLiveOthers(): Promise<boolean>
  /** Whether this is the oldest of those whose lease holds: it does what one server has to do. */
  leads(): Promise<boolean>
  /** Whether other servers use the database, as far as is known. */
  isShared(): boolean
  /** How many queued runs wait on all servers, and since when. */
  readQueue(now: number): Promise<QueueState>
  /** The connections to the database; null where there is no pool of them. */
  connections(): Connections | null
  /** A hint to all others: it may get lost, so what it says must be found by looking, too. */
  publish(signal: Signal): void
  /** Calls back with the signals of others. Returns the function that stops it. */
  onSignal(listener: (signal: Signal) => void): () => void
}
