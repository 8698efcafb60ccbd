import type { RefusedCall } from '../../../store/senders/callers.ts'
import { timeText } from '../common/present.ts'

export function presentRefusedCall({ id, at, reason, detail, address, headers, bodyBytes }: RefusedCall) {
  return { id, at: timeText(at), reason, detail, address, headers, body_bytes: bodyBytes }
}
