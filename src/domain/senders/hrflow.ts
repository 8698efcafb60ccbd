/**
 * HrFlow's `HTTP-HRFLOW-SIGNATURE`. Its SDKs and pages disagree, so all four known forms are accepted. (a) Python SDK
 * (`hrflow/webhook`): base64url(hex MAC) "." base64url(JSON), MAC over the decoded JSON. (b) JavaScript SDK and PHP
 * sample: the same parts, raw MAC over the encoded second part. (c) Python and Go samples: hex MAC of the compact body.
 * (d) PHP SDK: two parts, raw MAC over the decoded JSON. In a, b and d the MAC covers the header's JSON, so a body with
 * other JSON is refused.
 */

import { createHmac } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { SenderCall, SenderRejection } from './sender-check.ts'
import { anySame, MISMATCH, onlyHeader } from './signature.ts'

export const HRFLOW_HEADER = 'HTTP-HRFLOW-SIGNATURE'

const MAX_JSON_BYTES = 256 * 1024

export function verifyHrflow({ headers, body }: SenderCall, secrets: readonly string[]): SenderRejection | null {
  const header = onlyHeader(headers, HRFLOW_HEADER)
  if ('reason' in header) return header
  const [signature = '', payload, ...rest] = header.value.trim().split('.')
  if (rest.length > 0) return { reason: 'malformed', detail: `Expected one or two parts in ${HRFLOW_HEADER}.` }
  if (payload === undefined) return verifyBody(signature, body, secrets)
  const decoded = Buffer.from(payload, 'base64url')
  const given = Buffer.from(signature, 'base64url')
  const hex = given.length === 64 ? given.toString('latin1').toLowerCase() : given.toString('hex')
  const signed = given.length === 64 ? [decoded] : [decoded, payload]
  if (!anySame([hex], macs(signed, secrets))) return MISMATCH
  if (body.length === 0 || decoded.equals(body) || sameJson(decoded, body)) return null
  return { reason: 'mismatch', detail: `The body is not what ${HRFLOW_HEADER} was signed for.` }
}

function verifyBody(signature: string, body: Buffer, secrets: readonly string[]): SenderRejection | null {
  const given = [signature.toLowerCase()]
  if (anySame(given, macs([body], secrets))) return null
  if (body.length > MAX_JSON_BYTES) return MISMATCH
  return anySame(given, macs([compact(body.toString('utf8'))], secrets)) ? null : MISMATCH
}

function macs(signed: readonly (string | Buffer)[], secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) => signed.map((text) => createHmac('sha256', secret).update(text).digest('hex')))
}

function compact(json: string): string {
  let kept = ''
  let inString = false
  for (let at = 0; at < json.length; at += 1) {
    const char = json.charAt(at)
    if (inString && char === '\\') {
      kept += json.slice(at, at + 2)
      at += 1
      continue
    }
    if (char === '"') inString = !inString
    if (inString || !' \t\r\n'.includes(char)) kept += char
  }
  return kept
}

/** Compares numbers as text: 2^53 and 2^53 + 1 differ. */
function sameJson(left: Buffer, right: Buffer): boolean {
  if (right.length > MAX_JSON_BYTES) return false
  try {
    return isDeepStrictEqual(parse(left), parse(right))
  } catch {
    return false
  }
}

class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function parse(json: Buffer): unknown {
  const withSource = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value
  return JSON.parse(json.toString('utf8'), withSource)
}
