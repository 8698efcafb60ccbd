/** Which sandbox serves which workflow, and what each was refused. */

import { type EgressRule, hostsOf } from '../../domain/workflows/egress.ts'

const MAX_BLOCKED = 20

export function createAssignments(send: (command: object) => Promise<boolean>) {
  const waiting = new Map<string, () => void>()
  const blocked = new Map<string, Set<string>>()
  return {
    assign(id: string, workflowId: string, rule: EgressRule): Promise<void> {
      const hosts = hostsOf(rule).map(({ host, port }) => [host, port])
      return new Promise<void>((resolve, reject) => {
        waiting.set(id, resolve)
        send({ assign: id, workflow: workflowId, mode: rule.mode, hosts }).then(
          // Without a broker the sandbox has no network, so there is nothing to restrict.
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

    release(id: string): void {
      blocked.delete(id)
    },

    onMessage(message: object): void {
      if ('assigned' in message) waiting.get(String(message.assigned))?.()
      if (!('sandbox' in message) || !('blocked' in message)) return
      const id = String(message.sandbox)
      const texts = blocked.get(id) ?? new Set()
      blocked.set(id, texts)
      if (texts.size < MAX_BLOCKED) texts.add(String(message.blocked))
    },

    /** A broker that has died refuses every connection of its sandboxes. */
    onBroken(): void {
      for (const resolve of waiting.values()) resolve()
    },
  }
}
