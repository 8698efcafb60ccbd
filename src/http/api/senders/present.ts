import type { Workflow } from '../../../domain/workflow.ts'
import type { RefusedCall } from '../../../store/senders/callers.ts'
import { timeText } from '../common/present.ts'

/** A pull workflow has no callers. */
export function presentCallers({ kind, senderCheck, senderSecrets, allowedIps, rateLimit }: Workflow) {
  if (kind === 'pull') return { sender_check: null, allowed_ips: null, rate_limit: null }
  return { sender_check: { ...senderCheck, secrets: senderSecrets }, allowed_ips: allowedIps, rate_limit: rateLimit }
}

export function presentRefusedCall({ id, at, reason, detail, address, headers, bodyBytes }: RefusedCall) {
  return { id, at: timeText(at), reason, detail, address, headers, body_bytes: bodyBytes }
}
