import type { IncomingHttpHeaders } from 'node:http'
import { UserError } from '../../errors.ts'
import type { HookOrigin } from '../wire/response.ts'

/**
 * On a shared origin, the app's security policy allows a function's response as a script, style or worker. Browsers
 * always send Sec-Fetch-Dest, other clients never.
 */
const AS_DOCUMENT = new Set<unknown>([undefined, 'empty', 'document'])
/** Browsers load pages in advance, and mail programs for a preview. */
const IN_ADVANCE = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const

/** Throws `forbidden` for a part of a page. */
export function assertDocument(headers: IncomingHttpHeaders, { shared }: HookOrigin): void {
  if (!shared || AS_DOCUMENT.has(headers['sec-fetch-dest'])) return
  throw new UserError('forbidden', 'The response cannot be part of a page. Open it, or fetch it.')
}

/** Throws `forbidden` for a load in advance or a preview. */
export function assertAsked(headers: IncomingHttpHeaders): void {
  const purpose = IN_ADVANCE.map((name) => headers[name]).join(' ')
  if (!/prefetch|prerender|preview/i.test(purpose)) return
  throw new UserError('forbidden', 'A load in advance or for a preview does not run the function. Open the address.')
}
