import type { Socket } from 'node:net'
import type { OutboundMode, OutgoingCall } from '../../domain/runs/outgoing.ts'
import type { EgressRule } from '../../domain/shared/egress.ts'
import type { Names } from './bwrap/etc.ts'
import type { SandboxUsers } from './machine/users.ts'

export type WorkerEgress = Names & {
  /**
   * A sandbox has no network until `assign`. The caller must call destroy(): end() would also shut down the sandbox's
   * end.
   */
  connectWorker(id?: string): Promise<Socket | null>
  /** Folder of the broker's socket. Null without a network. */
  folder(): Promise<string | null>
  assign(id: string, workflowId: string, rule: EgressRule, outbound?: OutboundMode): Promise<void>
  /** Returns at most 20 refused connections of a trial since the last call. */
  takeRefused(id: string): readonly OutgoingCall[]
  /** A sentence for each of at most 20 refused destinations since the last call. */
  takeBlocked(id: string): readonly string[]
  release(id: string): void
  readonly users: SandboxUsers
  /** Why functions have no network. */
  readonly problem: string | null
  /** Interrupts the thread's connect(), so that it handles its signals. */
  interrupt(thread: number): void
  onBroken(listener: () => void): void
}
