import type { Socket } from 'node:net'
import type { OutboundMode, OutgoingCall } from '../../domain/runs/outgoing.ts'
import type { EgressRule } from '../../domain/shared/egress.ts'
import type { Names } from './bwrap/etc.ts'
import type { SandboxUsers } from './machine/users.ts'

export type WorkerEgress = Names & {
  readonly users?: SandboxUsers
  /** A sandbox has no network until `assign`. */
  connectWorker(id: string): Promise<Socket | null>
  folder?(): Promise<string | null>
  assign(id: string, workflowId: string, rule: EgressRule, outbound?: OutboundMode): Promise<void>
  takeRefused?(id: string): readonly OutgoingCall[]
  takeBlocked(id: string): readonly string[]
  release(id: string): void
  interrupt?(thread: number): void
  readonly problem?: string | null
  onBroken?(listener: () => void): void
}
