/** Who may call a hook: the ways to prove it, and the verdict on one call. Field names are those of the API and of the stored JSON. */

import type { HeaderPairs } from './run.ts'
import { formOf, verifyHmac } from './sender-hmac.ts'
import { verifyHrflow } from './sender-hrflow.ts'
import { type HmacPreset, PRESETS } from './sender-presets.ts'
import { anySame, onlyHeader } from './sender-signature.ts'
import { verifyTeamtailor } from './sender-teamtailor.ts'
import { verifyTwilio } from './sender-twilio.ts'

export const HMAC_PRESETS = Object.keys(PRESETS).filter(isHmacPreset)
/** Senders whose way to sign fits no table. */
export const SPECIAL_PRESETS = ['hrflow', 'teamtailor', 'twilio'] as const
export const SENDER_SCHEMES = ['none', 'bearer', 'header', 'hmac', ...SPECIAL_PRESETS, ...HMAC_PRESETS] as const

export const ALGORITHMS = ['sha1', 'sha256', 'sha384', 'sha512'] as const
export type Algorithm = (typeof ALGORITHMS)[number]
export const ENCODINGS = ['hex', 'base64', 'base64url'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** A form of signature that no preset knows. */
export type OwnHmac = {
  readonly scheme: 'hmac'
  readonly header: string
  readonly algorithm: Algorithm
  readonly encoding: Encoding
  /** What stands before the signature in its header. */
  readonly prefix: string
  /** What is signed: text with `{body}`, `{timestamp}` and `{header:Name}`. */
  readonly signed: string
  readonly timestamp_header: string | null
  readonly tolerance_seconds: number
}
type Preset = HmacPreset | (typeof SPECIAL_PRESETS)[number]
export type SenderCheck =
  | { readonly scheme: 'none' | 'bearer' }
  | { readonly scheme: 'header'; readonly header: string }
  | OwnHmac
  | { readonly scheme: Preset; readonly tolerance_seconds: number }
export type SenderScheme = SenderCheck['scheme']

/** Whoever knows the URL may call it. */
export const ANYBODY: SenderCheck = { scheme: 'none' }
export const TOLERANCE_SECONDS = 300

export type RateLimit = { readonly calls: number; readonly per_seconds: number }

/** What a verdict is made of: the call exactly as it came. */
export type SenderCall = {
  readonly headers: HeaderPairs
  readonly body: Buffer
  /** The hook's address as its sender knows it, with the query of this call. */
  readonly url: string
  /** Milliseconds. */
  readonly now: number
}

export type RefusalReason = 'address' | 'missing' | 'malformed' | 'stale' | 'mismatch'
/** Why a call is refused, for the hook's owner: the caller is told none of it. */
export type Refusal = { readonly reason: RefusalReason; readonly detail: string }

/** Null: the call comes from somebody who knows one of the secrets. Without a secret nobody does. */
export function verifySender(check: SenderCheck, call: SenderCall, secrets: readonly string[]): Refusal | null {
  switch (check.scheme) {
    case 'none':
      return null
    case 'bearer':
      return verifyBearer(call, secrets)
    case 'header':
      return verifyHeader(call, check.header, secrets)
    case 'hmac':
      return verifyHmac(formOf(check), call, secrets, check.tolerance_seconds)
    case 'hrflow':
      return verifyHrflow(call, secrets)
    case 'teamtailor':
      return verifyTeamtailor(call, secrets, check.tolerance_seconds)
    case 'twilio':
      return verifyTwilio(call, secrets)
    default:
      return verifyHmac(PRESETS[check.scheme], call, secrets, check.tolerance_seconds)
  }
}

/** The status of an answer that the function left to the platform: some senders take only their own for a success. */
export function defaultStatusOf({ scheme }: SenderCheck): number {
  return scheme === 'smartrecruiters' ? 202 : 200
}

export type SecretsChange = {
  /** Undefined: the secrets stay as they are. */
  readonly secret: string | undefined
  /** Undefined beside a new secret: the one before stays valid; null: it does not. */
  readonly previous: string | null | undefined
}

/** The secrets after a change, newest first: at most two, so that a sender can be given the new one without losing a call. */
export function changeSecrets(
  current: readonly string[],
  { secret, previous }: SecretsChange,
  sameScheme: boolean,
): readonly string[] {
  const kept = sameScheme ? current : []
  const newest = secret ?? kept[0]
  if (newest === undefined) return []
  const before = previous === undefined ? (secret === undefined ? kept[1] : kept[0]) : (previous ?? undefined)
  return before === undefined || before === newest ? [newest] : [newest, before]
}

export const needsSecret = ({ scheme }: SenderCheck): boolean => scheme !== 'none'

function verifyBearer({ headers }: SenderCall, secrets: readonly string[]): Refusal | null {
  const header = onlyHeader(headers, 'Authorization')
  if ('reason' in header) return header
  const key = /^Bearer +(\S+)$/i.exec(header.value)?.[1]
  if (key === undefined) return { reason: 'malformed', detail: 'Expected "Authorization: Bearer <key>".' }
  return anySame([key], secrets) ? null : WRONG_KEY
}

function verifyHeader({ headers }: SenderCall, name: string, secrets: readonly string[]): Refusal | null {
  const header = onlyHeader(headers, name)
  if ('reason' in header) return header
  return anySame([header.value], secrets) ? null : WRONG_KEY
}

const WRONG_KEY: Refusal = { reason: 'mismatch', detail: 'The key is none of those that are set for this hook.' }

function isHmacPreset(name: string): name is HmacPreset {
  return name in PRESETS
}
