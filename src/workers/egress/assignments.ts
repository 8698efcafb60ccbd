import { randomBytes } from 'node:crypto'
import type { OutboundMode, OutgoingCall } from '../../domain/runs/outgoing.ts'
import { type EgressRule, hostsOf } from '../../domain/shared/egress.ts'

const MAX_BLOCKED = 20
/** Names in the broker (runtimes/egress/rules.py). */
const GUARDS = { live: null, read_only: 'permits', recorded: 'closed', blocked: 'closed' } as const

export function createAssignments(send: (command: object) => Promise<boolean>) {
  const waiting = new Map<string, () => void>()
  const blocked = new Map<string, Set<string>>()
  const refused = new Map<string, OutgoingCall[]>()
  return {
    assign(id: string, workflowId: string, rule: EgressRule, outbound: OutboundMode = 'live'): Promise<void> {
      const hosts = hostsOf(rule).map(({ host, port }) => [host, port])
      return new Promise<void>((resolve, reject) => {
        waiting.set(id, resolve)
        send({ assign: id, workflow: workflowId, mode: rule.mode, hosts, guard: GUARDS[outbound] }).then(
          // A sandbox without a broker has no network.
          (isTold) => isTold || resolve(),
          reject,
        )
      }).finally(() => waiting.delete(id))
    },

    takeBlocked(id: string): readonly string[] {
      const texts = [...(blocked.get(id) ?? [])]
      blocked.delete(id)
      return texts
    },

    takeRefused(id: string): readonly OutgoingCall[] {
      const calls = refused.get(id) ?? []
      refused.delete(id)
      return calls
    },

    release(id: string): void {
      blocked.delete(id)
      refused.delete(id)
    },

    onMessage(message: object): void {
      if ('assigned' in message) waiting.get(String(message.assigned))?.()
      if (!('sandbox' in message) || !('blocked' in message)) return
      const id = String(message.sandbox)
      if ('host' in message && 'port' in message) {
        const calls = refused.get(id) ?? []
        refused.set(id, calls)
        if (calls.length < MAX_BLOCKED) calls.push(refusedConnection(String(message.host), Number(message.port)))
      }
      const texts = blocked.get(id) ?? new Set()
      blocked.set(id, texts)
      if (texts.size < MAX_BLOCKED) texts.add(String(message.blocked))
    },

    /** A dead broker refuses every connection of its sandboxes. */
    onBroken(): void {
      for (const resolve of waiting.values()) resolve()
    },
  }
}

const refusedConnection = (host: string, port: number): OutgoingCall => ({
  id: randomBytes(8).toString('hex'),
  startedAt: Date.now(),
  durationMs: 0,
  method: null,
  scheme: null,
  host,
  port,
  path: null,
  status: null,
  error: 'PermissionError',
  isRefused: true,
  isAnswered: false,
  requestBytes: null,
  responseBytes: null,
  exchange: null,
})
