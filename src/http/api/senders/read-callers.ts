/** Reads who may call a hook: fills in defaults, refuses what could never let a call through. */

import type { Static } from 'typebox'
import { parseAddressRange } from '../../../config.ts'
import { HEADER_NAME, TOKEN } from '../../../domain/headers.ts'
import { decodeWhsec } from '../../../domain/senders/hmac.ts'
import { type SecretsChange, type SenderCheck, TOLERANCE_SECONDS } from '../../../domain/senders/sender-check.ts'
import { UserError } from '../../../errors.ts'
import type { SenderCheckPut } from './schemas.ts'

type Given = Static<typeof SenderCheckPut>

const PLACEHOLDER = /\{[^{}]*\}/g
const KNOWN_PLACEHOLDER = new RegExp(String.raw`^\{(body|timestamp|header:${TOKEN})\}$`)
const MIN_SECRET = 8
/** A key that callers send as it is must fit into a header. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

/** Throws `bad_request` for fields that the scheme does not have. */
export function readSenderCheck(given: Given): SenderCheck {
  const { scheme, secret: _secret, previous_secret: _previous, ...fields } = given
  const tolerance_seconds = given.tolerance_seconds ?? TOLERANCE_SECONDS
  switch (scheme) {
    case 'none':
    case 'bearer':
      refuseOthers(scheme, fields, [])
      return { scheme }
    case 'header':
      refuseOthers(scheme, fields, ['header'])
      return { scheme, header: readHeaderName('header', given.header) }
    case 'hmac':
      return readOwnForm(given)
    default:
      refuseOthers(scheme, fields, ['tolerance_seconds'])
      return { scheme, tolerance_seconds }
  }
}

/** Undefined: nothing was said of secrets. Throws `bad_request` for one that could not be the scheme's. */
export function readSecrets({ scheme, secret, previous_secret }: Given): SecretsChange | undefined {
  if (secret === undefined && previous_secret === undefined) return undefined
  if (scheme === 'none') throw refusal('secret', 'none with the scheme none', 'one')
  if (secret !== undefined) checkSecret(scheme, 'secret', secret)
  if (typeof previous_secret === 'string') checkSecret(scheme, 'previous_secret', previous_secret)
  return { secret, previous: previous_secret }
}

/** Throws `bad_request` for what is no address and no range. */
export function readAllowedIps(given: readonly string[]): readonly string[] {
  return given.map((range) => {
    try {
      const { address, prefix, family } = parseAddressRange(range)
      return prefix === (family === 'ipv4' ? 32 : 128) ? address : `${address}/${prefix}`
    } catch (error) {
      throw new UserError('bad_request', `allowed_ips: ${error instanceof Error ? error.message : String(error)}.`)
    }
  })
}

function readOwnForm(given: Given): SenderCheck {
  const timestamp_header = given.timestamp_header ?? null
  const signed = given.signed ?? (timestamp_header === null ? '{body}' : '{timestamp}.{body}')
  const placeholders: readonly string[] = signed.match(PLACEHOLDER) ?? []
  const unknown = placeholders.find((placeholder) => !KNOWN_PLACEHOLDER.test(placeholder))
  if (unknown !== undefined) throw refusal('signed', '{body}, {timestamp} or {header:Name}', unknown)
  // Whoever has overheard a signature that does not cover the body could send any body.
  if (!placeholders.includes('{body}')) throw refusal('signed', 'a text with {body}', JSON.stringify(signed))
  if (placeholders.includes('{timestamp}') !== (timestamp_header !== null)) {
    throw refusal('signed', '{timestamp} together with timestamp_header, and only then', JSON.stringify(signed))
  }
  return {
    scheme: 'hmac',
    header: readHeaderName('header', given.header),
    algorithm: given.algorithm ?? 'sha256',
    encoding: given.encoding ?? 'hex',
    prefix: given.prefix ?? '',
    signed,
    timestamp_header: timestamp_header === null ? null : readHeaderName('timestamp_header', timestamp_header),
    tolerance_seconds: given.tolerance_seconds ?? TOLERANCE_SECONDS,
  }
}

function readHeaderName(field: string, name: string | undefined): string {
  if (name !== undefined && HEADER_NAME.test(name)) return name
  throw refusal(field, 'the name of a header', JSON.stringify(name ?? null))
}

function checkSecret(scheme: Given['scheme'], field: string, secret: string): void {
  if (secret.length < MIN_SECRET) throw refusal(field, `at least ${MIN_SECRET} characters`, `${secret.length}`)
  if (!secret.isWellFormed()) throw refusal(field, 'Unicode text', 'a lone surrogate')
  const isSentAsItIs = scheme === 'bearer' || scheme === 'header'
  if (isSentAsItIs && !HEADER_TEXT.test(secret))
    throw refusal(field, 'printable ASCII characters without spaces', 'others (the value is not shown)')
  if (scheme === 'standard_webhooks' && decodeWhsec(secret) === null)
    throw refusal(field, 'whsec_ and base64', 'something else (the value is not shown)')
}

function refuseOthers(scheme: string, fields: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const other = Object.keys(fields).find((field) => !known.includes(field))
  if (other !== undefined) throw refusal(other, `no such field with the scheme ${scheme}`, 'one')
}

const refusal = (field: string, expected: string, found: string): UserError =>
  new UserError('bad_request', `sender_check.${field}: expected ${expected}, found ${found}.`)
