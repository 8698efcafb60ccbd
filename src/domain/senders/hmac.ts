import { createHmac } from 'node:crypto'
import type { Encoding, HmacForm } from './form.ts'
import type { OwnHmac, SenderCall, SenderRejection } from './sender-check.ts'
import { anySame, checkTimestamp, joinedHeader, MISMATCH, onlyHeader } from './signature.ts'

/** No sender uses more signatures in one header. */
const MAX_SIGNATURES = 32

/** Null: a secret signed the call and its time is near now. */
export function verifyHmac(
  form: HmacForm,
  call: SenderCall,
  secrets: readonly string[],
  toleranceSeconds: number,
): SenderRejection | null {
  const header = onlyHeader(call.headers, form.header)
  if ('reason' in header) return header
  const entries = form.separator === null ? [header.value] : header.value.split(form.separator, MAX_SIGNATURES)
  const signatures = entries
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith(form.prefix))
    .map((entry) => normalize(entry.slice(form.prefix.length), form.encoding))
  if (signatures.length === 0) {
    const expected = JSON.stringify(form.prefix)
    return { reason: 'malformed', detail: `Expected a signature after ${expected} in ${form.header}, found none.` }
  }
  const timestamp = timestampOf(form, call, entries)
  if (typeof timestamp !== 'string') return timestamp
  const stale = form.timestamp === null ? null : checkTimestamp(timestamp, call.now, toleranceSeconds)
  if (stale !== null) return stale
  const expected = secrets.map((secret) => signatureOf(form, call, timestamp, secret))
  return anySame(signatures, expected) ? null : MISMATCH
}

export function formOf({ header, algorithm, encoding, prefix, signed, timestamp_header }: OwnHmac): HmacForm {
  const timestamp = timestamp_header === null ? null : { header: timestamp_header }
  return { header, algorithm, encoding, prefix, signed, timestamp, separator: null, key: 'text' }
}

export function signatureOf(
  form: HmacForm,
  call: Pick<SenderCall, 'headers' | 'body'>,
  timestamp: string,
  secret: string,
): string {
  const mac = createHmac(form.algorithm, keyOf(form, secret))
  for (const part of form.signed.split(/(\{body\}|\{timestamp\}|\{header:[^{}]+\})/)) {
    if (part === '{body}') mac.update(call.body)
    else if (part === '{timestamp}') mac.update(timestamp)
    else if (part.startsWith('{header:')) mac.update(joinedHeader(call.headers, part.slice('{header:'.length, -1)))
    else mac.update(part)
  }
  return mac.digest(form.encoding)
}

export function decodeWhsec(secret: string): Buffer | null {
  const text = secret.replace(/^(v1,)?whsec_/, '')
  return /^[A-Za-z0-9+/_-]{4,}={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null
}

function keyOf({ key }: HmacForm, secret: string): string | Buffer {
  return key === 'whsec' ? (decodeWhsec(secret) ?? secret) : secret
}

function timestampOf(
  { timestamp }: HmacForm,
  { headers }: SenderCall,
  entries: readonly string[],
): string | SenderRejection {
  if (timestamp === null) return ''
  if ('header' in timestamp) {
    const header = onlyHeader(headers, timestamp.header)
    return 'reason' in header ? header : header.value
  }
  const entry = entries.find((candidate) => candidate.trim().startsWith(timestamp.entry))
  if (entry !== undefined) return entry.trim().slice(timestamp.entry.length)
  return { reason: 'malformed', detail: `Expected the time of signing after ${timestamp.entry}, found none.` }
}

const normalize = (signature: string, encoding: Encoding): string =>
  encoding === 'hex' ? signature.toLowerCase() : signature
