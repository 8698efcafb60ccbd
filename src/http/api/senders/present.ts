import type { RefusedCall } from '../../../store/senders/callers.ts'
import { timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { RefusedCall as RefusedCallSchema } from './schemas.ts'

export function presentRefusedCall({ id, at, reason, detail, address, headers, bodyBytes }: RefusedCall) {
  return { id, at: timeText(at), reason, detail, address, headers, body_bytes: bodyBytes } satisfies Shown<
    typeof RefusedCallSchema
  >
}
