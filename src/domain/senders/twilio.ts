/**
 * Twilio's `X-Twilio-Signature`: base64 of HMAC-SHA1, keyed by the auth token, over the hook's URL and each form
 * field's name and value, sorted by name. For other bodies, `bodySHA256` in the URL covers the body.
 * twilio.com/docs/usage/security, "Validating requests". Sorting and deduplication follow Twilio's libraries.
 */

import { createHash, createHmac } from 'node:crypto'
import type { SenderCall, SenderRejection } from './sender-check.ts'
import { anySame, joinedHeader, MISMATCH, onlyHeader } from './signature.ts'

export const TWILIO_HEADER = 'X-Twilio-Signature'

const MAX_FIELDS = 1000

export function verifyTwilio({ headers, body, url }: SenderCall, secrets: readonly string[]): SenderRejection | null {
  const header = onlyHeader(headers, TWILIO_HEADER)
  if ('reason' in header) return header
  const digest = new URL(url).searchParams.get('bodySHA256')
  if (digest !== null) {
    const fits = anySame([digest.toLowerCase()], [createHash('sha256').update(body).digest('hex')])
    return fits && anySame([header.value], signatures(url, '', secrets)) ? null : MISMATCH
  }
  const isForm = /^application\/x-www-form-urlencoded *(;|$)/i.test(joinedHeader(headers, 'content-type'))
  if (!isForm && body.length > 0) {
    return { reason: 'malformed', detail: 'Expected a form, or bodySHA256 in the URL: nothing else covers the body.' }
  }
  const fields = sortedFields(body)
  if (fields === null) return { reason: 'malformed', detail: `Expected at most ${MAX_FIELDS} form fields.` }
  return anySame([header.value], signatures(url, fields, secrets)) ? null : MISMATCH
}

export function twilioSignature(url: string, fields: string, secret: string): string {
  return createHmac('sha1', secret).update(url).update(fields).digest('base64')
}

export function sortedFields(body: Buffer): string | null {
  const fields = new Map<string, Set<string>>()
  let count = 0
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    count += 1
    if (count > MAX_FIELDS) return null
    fields.set(name, (fields.get(name) ?? new Set()).add(value))
  }
  return [...fields.keys()]
    .sort()
    .flatMap((name) => [...(fields.get(name) ?? [])].sort().map((value) => name + value))
    .join('')
}

function signatures(url: string, fields: string, secrets: readonly string[]): readonly string[] {
  const spellings = new URL(url).port === '' ? [url, withPort(url)] : [url]
  return secrets.flatMap((secret) => spellings.map((spelling) => twilioSignature(spelling, fields, secret)))
}

function withPort(url: string): string {
  const port = url.startsWith('https:') ? 443 : 80
  return url.replace(/^(https?:\/\/[^/?#]+)/, `$1:${port}`)
}
