/** Removes this installation's own credentials from a call: a function, its stored request or a viewer must never get them. */

import type { HeaderPairs } from '../../domain/headers.ts'

/** Session cookies of the app, under any prefix that browsers attach a meaning to. */
const OWN_COOKIE = /^\s*(?:__Host-|__Secure-)?workflows\./i

/**
 * Returns the headers without the app's cookies, and without headers whose value is an API key of this installation.
 * `isOwnKey`: whether a text is such a key.
 */
export function withoutOwnCredentials(headers: HeaderPairs, isOwnKey: (text: string) => boolean): HeaderPairs {
  return headers.flatMap(([name, value]) => {
    if (name.toLowerCase() === 'cookie') {
      const kept = value.split(';').filter((cookie) => !OWN_COOKIE.test(cookie))
      return kept.length === 0 ? [] : [[name, kept.join(';').trim()] as const]
    }
    return isOwnKey(value.replace(/^bearer +/i, '').trim()) ? [] : [[name, value] as const]
  })
}
