/** Field names as in the API and the stored JSON. */

import type { HeaderPairs } from '../shared/headers.ts'
import type { Algorithm, Encoding } from './form.ts'
import { type HmacPreset, PRESETS } from './presets.ts'

const HMAC_PRESETS = Object.keys(PRESETS).filter(isHmacPreset)
/** Their signatures fit no form. */
const SPECIAL_PRESETS = ['hrflow', 'teamtailor', 'twilio'] as const
export const SENDER_SCHEMES = ['none', 'bearer', 'header', 'hmac', ...SPECIAL_PRESETS, ...HMAC_PRESETS] as const

export type OwnHmac = {
  readonly scheme: 'hmac'
  readonly header: string
  readonly algorithm: Algorithm
  readonly encoding: Encoding
  readonly prefix: string
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

export const ANYBODY: SenderCheck = { scheme: 'none' }
export const TOLERANCE_SECONDS = 300

export type SenderCall = {
  readonly headers: HeaderPairs
  readonly body: Buffer
  /** The hook's public URL, with the call's query. */
  readonly url: string
  /** Milliseconds. */
  readonly now: number
}

export type RefusalReason = 'address' | 'missing' | 'malformed' | 'stale' | 'mismatch'
/** Only the owner sees the reason. */
export type SenderRejection = { readonly reason: RefusalReason; readonly detail: string }

/** Some senders accept only their own success status. */
export function defaultStatusOf({ scheme }: SenderCheck): number {
  return scheme === 'smartrecruiters' ? 202 : 200
}

export type SecretsChange = {
  /** Undefined keeps the secrets. */
  readonly secret: string | undefined
  /** With a new secret, undefined keeps the previous one and null revokes it. */
  readonly previous: string | null | undefined
}

/** Two secrets, so that no call is lost while the sender switches. */
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

function isHmacPreset(name: string): name is HmacPreset {
  return name in PRESETS
}
