/** Who may call a hook: the ways to prove it, and the verdict on one call. Field names are those of the API and of the stored JSON. */

import type { HeaderPairs } from '../headers.ts'
import type { Algorithm, Encoding } from './form.ts'
import { type HmacPreset, PRESETS } from './presets.ts'

const HMAC_PRESETS = Object.keys(PRESETS).filter(isHmacPreset)
/** Senders whose way to sign fits no table. */
const SPECIAL_PRESETS = ['hrflow', 'teamtailor', 'twilio'] as const
export const SENDER_SCHEMES = ['none', 'bearer', 'header', 'hmac', ...SPECIAL_PRESETS, ...HMAC_PRESETS] as const

/** A form of signature that no preset knows. */
export type OwnHmac = {
  readonly scheme: 'hmac'
  readonly header: string
  readonly algorithm: Algorithm
  readonly encoding: Encoding
  /** The prefix of the signature in its header. */
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

/** Anybody who knows the URL may call it. */
export const ANYBODY: SenderCheck = { scheme: 'none' }
export const TOLERANCE_SECONDS = 300

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
/** Why a call is refused, for the hook's owner: the caller does not see it. */
export type SenderRejection = { readonly reason: RefusalReason; readonly detail: string }

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

function isHmacPreset(name: string): name is HmacPreset {
  return name in PRESETS
}
