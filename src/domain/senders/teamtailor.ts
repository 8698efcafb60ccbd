/**
 * The body of a Teamtailor webhook has `payload` and `signature`, base64 of the hex MAC
 * (partner.teamtailor.com/company_webhooks). The page does not say what the HMAC-SHA256 covers. We assume the raw
 * payload, because nothing less would protect it. Receivers in use also know `TT-Signature: base64("t=<seconds>,v2=<hex
 * MAC of seconds.body>")`. If present, only that header counts, because it has a time.
 */

import { createHmac } from 'node:crypto'
import { memberText } from '../json/path.ts'
import { readObject } from '../json/read-json.ts'
import type { SenderCall, SenderRejection } from './sender-check.ts'
import { anySame, checkTimestamp, MISMATCH, onlyHeader } from './signature.ts'

const TEAMTAILOR_HEADER = 'TT-Signature'

/** The caller is not authenticated yet, and a notification is a few KiB. */
const MAX_BODY_BYTES = 1024 * 1024

export function verifyTeamtailor(
  call: SenderCall,
  secrets: readonly string[],
  toleranceSeconds: number,
): SenderRejection | null {
  const header = onlyHeader(call.headers, TEAMTAILOR_HEADER)
  if ('value' in header) return verifyTimed(header.value, call, secrets, toleranceSeconds)
  return header.reason === 'missing' ? verifyInBody(call.body, secrets) : header
}

export function teamtailorSignature(payload: string, secret: string): string {
  return Buffer.from(createHmac('sha256', secret).update(payload).digest('hex')).toString('base64')
}

function verifyTimed(
  value: string,
  { body, now }: SenderCall,
  secrets: readonly string[],
  toleranceSeconds: number,
): SenderRejection | null {
  const parts = /^t=(\d+),v2=([0-9a-f]{64})$/i.exec(Buffer.from(value, 'base64').toString('latin1'))
  const [, seconds = '', signature = ''] = parts ?? []
  if (parts === null) return { reason: 'malformed', detail: `Expected t=…,v2=… in base64 in ${TEAMTAILOR_HEADER}.` }
  const stale = checkTimestamp(seconds, now, toleranceSeconds)
  if (stale !== null) return stale
  const expected = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex'),
  )
  return anySame([signature.toLowerCase()], expected) ? null : MISMATCH
}

function verifyInBody(body: Buffer, secrets: readonly string[]): SenderRejection | null {
  const text = body.toString('utf8')
  const signature = signatureIn(text, body.length)
  if (signature === null) {
    return {
      reason: 'missing',
      detail: 'Expected JSON with "payload", "signature" and nothing else, or the header TT-Signature.',
    }
  }
  const payload = memberText(text, 'payload') ?? ''
  const expected = secrets.map((secret) => teamtailorSignature(payload, secret))
  return anySame([signature], expected) ? null : MISMATCH
}

/** Null: no signature, or it does not cover the whole body. */
function signatureIn(text: string, bytes: number): string | null {
  if (bytes > MAX_BODY_BYTES) return null
  const parsed = readObject(text)
  if (parsed === null || !('payload' in parsed) || typeof parsed.signature !== 'string') return null
  return Object.keys(parsed).length === 2 ? parsed.signature : null
}
