/** Exports of sample requests hide values. */

import type { SampleRequest } from '../runs/sample-request.ts'

/** Parts equal to their export get their stored value. */
export function restoreSample(
  sent: SampleRequest,
  stored: SampleRequest | null,
  exported: SampleRequest | null,
): SampleRequest {
  if (stored === null || exported === null) return sent
  const headers = sent.headers.map(([name, value]) => {
    const at = exported.headers.findIndex(
      ([other, shown]) => other.toLowerCase() === name.toLowerCase() && shown === value,
    )
    return [name, stored.headers[at]?.[1] ?? value] as const
  })
  return {
    ...sent,
    headers,
    query: sent.query === exported.query ? stored.query : sent.query,
    body: sent.body.equals(exported.body) ? stored.body : sent.body,
  }
}
