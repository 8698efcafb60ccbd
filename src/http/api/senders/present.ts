import type { RefusedCall } from '../../../store/senders/callers.ts'
import type { Disclosure } from '../common/disclosure.ts'
import { timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { RefusedCall as RefusedCallSchema } from './schemas.ts'

const MAX_VALUE = 200

/** A cut before would divide secrets, and `show` would not recognise their parts. */
export function presentRefusedCall(call: RefusedCall, show: Disclosure) {
  const { id, at, reason, detail, address, headers, bodyBytes } = call
  const shown = headers.map(([name, value]) => {
    const text = show.text(value)
    return [name, text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text] as const
  })
  return {
    id,
    at: timeText(at),
    reason,
    detail: show.text(detail),
    address,
    headers: shown,
    body_bytes: bodyBytes,
  } satisfies Shown<typeof RefusedCallSchema>
}
