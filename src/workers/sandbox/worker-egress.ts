/** What sandboxes need of the network. */

import type { Socket } from 'node:net'
import type { OutboundMode, OutgoingCall } from '../../domain/trials/outgoing.ts'
import type { EgressRule } from '../../domain/workflows/egress.ts'
import type { Names } from './bwrap/etc.ts'
import type { SandboxUsers } from './users.ts'

/** Network access for sandboxes. Without it they have no network at all. */
export type WorkerEgress = Names & {
  /** The users whose processes it serves. */
  readonly users?: SandboxUsers
  /** `id`: names the sandbox, which reaches nothing outside of it before it is assigned. */
  connectWorker(id: string): Promise<Socket | null>
  /** Returns the folder of the socket that a sandbox connects itself; null without a network. */
  folder?(): Promise<string | null>
  /** Assigns a sandbox to a workflow, with its rule. */
  assign(id: string, workflowId: string, rule: EgressRule, outbound?: OutboundMode): Promise<void>
  /** The connections that a trial refused to a sandbox since the last call. */
  takeRefused?(id: string): readonly OutgoingCall[]
  /** Sentences about the destinations that a sandbox was refused since the last call. */
  takeBlocked(id: string): readonly string[]
  /** Forgets a sandbox that has ended. */
  release(id: string): void
  /** Interrupts the connect() of a thread. */
  interrupt?(thread: number): void
  /** Why there is no network; null if there is. */
  readonly problem?: string | null
  /** Registers a listener for the moment from which connects of existing sandboxes fail. */
  onBroken?(listener: () => void): void
}
