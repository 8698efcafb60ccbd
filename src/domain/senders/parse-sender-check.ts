import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { HEADER_NAME, TOKEN } from '../shared/headers.ts'
import { nullable, text } from '../shared/schemas.ts'
import { ALGORITHMS, ENCODINGS } from './form.ts'
import { decodeWhsec } from './hmac.ts'
import { SENDER_SCHEMES, type SecretsChange, type SenderCheck, TOLERANCE_SECONDS } from './sender-check.ts'

const form = {
  header: Type.Optional(text(100, 'Name of the header with the key or the signature, for header and hmac')),
  algorithm: Type.Optional(Type.Enum([...ALGORITHMS])),
  encoding: Type.Optional(Type.Enum([...ENCODINGS])),
  prefix: Type.Optional(text(50, 'The prefix of the signature, such as sha256=')),
  signed: Type.Optional(text(500, 'The signed text, with {body}, {timestamp} and {header:Name}')),
  timestamp_header: Type.Optional(nullable(text(100, 'Seconds since 1970'))),
  tolerance_seconds: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 86_400, description: 'How far from now a call may have been signed' }),
  ),
}
const scheme = Type.Enum([...SENDER_SCHEMES], { description: 'none: anybody who knows the URL' })

export const SenderCheckSchema = Type.Object(
  {
    scheme,
    ...form,
    secret: Type.Optional(text(1000, 'Never shown again. Kept when it is left out')),
    previous_secret: Type.Optional(
      Type.Union([text(1000, 'Valid beside the secret'), Type.Null()], {
        description:
          'The previous secret. Without this field, a new secret makes the present one the previous. Null ends it',
      }),
    ),
  },
  { additionalProperties: false, description: 'How callers of the hook prove who they are' },
)
export const ShownSenderCheckSchema = Type.Object({
  scheme,
  ...form,
  secrets: Type.Integer({ description: 'How many secrets are valid: two while they are rotated' }),
})
type Sent = Static<typeof SenderCheckSchema>

const PLACEHOLDER = /\{[^{}]*\}/g
const KNOWN_PLACEHOLDER = new RegExp(String.raw`^\{(body|timestamp|header:${TOKEN})\}$`)
const MIN_SECRET = 8
/** A key that is sent unchanged must fit into a header. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

/** Throws `bad_request` for fields that the scheme lacks, or a form that accepts no call. */
export function parseSenderCheck(sent: Sent): SenderCheck {
  const { scheme, secret: _secret, previous_secret: _previous, ...fields } = sent
  const tolerance_seconds = sent.tolerance_seconds ?? TOLERANCE_SECONDS
  switch (scheme) {
    case 'none':
    case 'bearer':
      refuseOthers(scheme, fields, [])
      return { scheme }
    case 'header':
      refuseOthers(scheme, fields, ['header'])
      return { scheme, header: parseHeaderName('header', sent.header) }
    case 'hmac':
      return parseOwnForm(sent)
    default:
      refuseOthers(scheme, fields, ['tolerance_seconds'])
      return { scheme, tolerance_seconds }
  }
}

/** Undefined: none were sent. */
export function parseSecrets({ scheme, secret, previous_secret }: Sent): SecretsChange | undefined {
  if (secret === undefined && previous_secret === undefined) return undefined
  if (scheme === 'none') throw refusal('secret', 'none with the scheme none', 'one')
  if (secret !== undefined) checkSecret(scheme, 'secret', secret)
  if (typeof previous_secret === 'string') checkSecret(scheme, 'previous_secret', previous_secret)
  return { secret, previous: previous_secret }
}

function parseOwnForm(sent: Sent): SenderCheck {
  const timestamp_header = sent.timestamp_header ?? null
  const signed = sent.signed ?? (timestamp_header === null ? '{body}' : '{timestamp}.{body}')
  const placeholders: readonly string[] = signed.match(PLACEHOLDER) ?? []
  const unknown = placeholders.find((placeholder) => !KNOWN_PLACEHOLDER.test(placeholder))
  if (unknown !== undefined) throw refusal('signed', '{body}, {timestamp} or {header:Name}', unknown)
  // A signature that does not cover the body is valid for every body.
  if (!placeholders.includes('{body}')) throw refusal('signed', 'a text with {body}', JSON.stringify(signed))
  if (placeholders.includes('{timestamp}') !== (timestamp_header !== null)) {
    throw refusal('signed', '{timestamp} together with timestamp_header, and only then', JSON.stringify(signed))
  }
  return {
    scheme: 'hmac',
    header: parseHeaderName('header', sent.header),
    algorithm: sent.algorithm ?? 'sha256',
    encoding: sent.encoding ?? 'hex',
    prefix: sent.prefix ?? '',
    signed,
    timestamp_header: timestamp_header === null ? null : parseHeaderName('timestamp_header', timestamp_header),
    tolerance_seconds: sent.tolerance_seconds ?? TOLERANCE_SECONDS,
  }
}

function parseHeaderName(field: string, name: string | undefined): string {
  if (name !== undefined && HEADER_NAME.test(name)) return name
  throw refusal(field, 'the name of a header', JSON.stringify(name ?? null))
}

function checkSecret(scheme: Sent['scheme'], field: string, secret: string): void {
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
