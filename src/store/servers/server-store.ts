import type { Signal } from '../../domain/runs/signal.ts'
import type { Connections } from '../database/database.ts'
import type { QueueState } from './queue-state.ts'

export type ServerFacts = {
  readonly version: string
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
  readonly isAlive: boolean
  readonly isThis: boolean
  /** Null: not reported yet, or an older release. */
  readonly facts: ServerFacts | null
}

export type ServerStore = {
  /** Throws an OutdatedError if a newer release requires a stop. */
  heartbeat(facts?: ServerFacts): Promise<void>
  ping(): Promise<void>
  clockOffset(): number
  sharedNow(): number
  /** Returns why this server must not accept runs. */
  clockProblem(): string | null
  list(): Promise<readonly KnownServer[]>
  hasLiveOthers(): Promise<boolean>
  /** The oldest live server does singleton work. */
  leads(): Promise<boolean>
  isShared(): boolean
  readQueue(now: number): Promise<QueueState>
  connections(): Connections | null
  /** A signal may be lost: receivers must also poll. */
  publish(signal: Signal): void
  onSignal(listener: (signal: Signal) => void): () => void
}
