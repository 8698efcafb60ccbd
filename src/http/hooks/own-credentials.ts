import type { SenderCheck } from '../../domain/senders/sender-check.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'

/** The app's session cookies, with any prefix. */
const OWN_COOKIE = /^\s*(?:__Host-|__Secure-)?workflows\./i

const BASIC = /^\s*basic +/i

/** A sender's clear-text key becomes `***`. */
export function withoutCredentials(
  headers: HeaderPairs,
  check: SenderCheck,
  holdsOwnKey: (text: string) => boolean,
): HeaderPairs {
  const kept = withoutOwnCredentials(headers, holdsOwnKey)
  const key =
    check.scheme === 'bearer' ? 'authorization' : check.scheme === 'header' ? check.header.toLowerCase() : null
  return key === null ? kept : kept.map(([name, value]) => [name, name.toLowerCase() === key ? '***' : value] as const)
}

/** The key may be the whole value, part of a URL such as `Referer`, or Base64 in `Authorization: Basic`. */
function withoutOwnCredentials(headers: HeaderPairs, holdsOwnKey: (text: string) => boolean): HeaderPairs {
  return headers.flatMap(([name, value]) => {
    if (name.toLowerCase() === 'cookie') {
      const kept = value.split(';').filter((cookie) => !OWN_COOKIE.test(cookie) && !holdsOwnKey(cookie))
      return kept.length === 0 ? [] : [[name, kept.join(';').trim()] as const]
    }
    return holdsOwnKey(value) || (BASIC.test(value) && holdsOwnKey(decode(value))) ? [] : [[name, value] as const]
  })
}

const decode = (basic: string): string => Buffer.from(basic.replace(BASIC, ''), 'base64').toString('latin1')
