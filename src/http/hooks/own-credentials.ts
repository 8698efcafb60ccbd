/** Removes this installation's own credentials from a call: a function, its stored request or a viewer must never get them. */

import type { HeaderPairs } from '../../domain/headers.ts'

/** Session cookies of the app, under any prefix that browsers attach a meaning to. */
const OWN_COOKIE = /^\s*(?:__Host-|__Secure-)?workflows\./i

const BASIC = /^\s*basic +/i

/**
 * Returns the headers without the app's cookies, and without cookies and headers that hold an API key of this installation:
 * as the whole value, in an address such as that of `Referer`, or in the Base64 of `Authorization: Basic`.
 * `holdsOwnKey`: whether there is such a key in a text.
 */
export function withoutOwnCredentials(headers: HeaderPairs, holdsOwnKey: (text: string) => boolean): HeaderPairs {
  return headers.flatMap(([name, value]) => {
    if (name.toLowerCase() === 'cookie') {
      const kept = value.split(';').filter((cookie) => !OWN_COOKIE.test(cookie) && !holdsOwnKey(cookie))
      return kept.length === 0 ? [] : [[name, kept.join(';').trim()] as const]
    }
    const decoded = BASIC.test(value) ? Buffer.from(value.replace(BASIC, ''), 'base64').toString('latin1') : ''
    return holdsOwnKey(value) || holdsOwnKey(decoded) ? [] : [[name, value] as const]
  })
}
