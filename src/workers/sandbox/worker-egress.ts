/** Network access as sandboxes use it. */

import type { Socket } from 'node:net'
import type { OutboundMode, OutgoingCall } from '../../domain/trials/outgoing.ts'
import type { EgressRule } from '../../domain/workflows/egress.ts'
import type { Names } from './bwrap/etc.ts'
import type { SandboxUsers } from './users.ts'

export type WorkerEgress = Names & {
  readonly users?: SandboxUsers
  /** `id` identifies the sandbox, which has no network until `assign`. */
  connectWorker(id: string): Promise<Socket | null>
  /** Returns the folder of the broker's socket, or null without a network. */
  folder?(): Promise<string | null>
  assign(id: string, workflowId: string, rule: EgressRule, outbound?: OutboundMode): Promise<void>
  takeRefused?(id: string): readonly OutgoingCall[]
  takeBlocked(id: string): readonly string[]
  release(id: string): void
  /** Interrupts the connect() of a thread. */
  interrupt?(thread: number): void
  readonly problem?: string | null
  /** Registers a listener for the broker's death, after which existing sandboxes cannot connect. */
  onBroken?(listener: () => void): void
}
