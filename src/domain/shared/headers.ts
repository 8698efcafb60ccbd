/** Header names and values in the sender's order and spelling. */

export type HeaderPairs = readonly (readonly [name: string, value: string])[]

/**
 * The pattern of a token (RFC 9110, section 5.6.2). response.py and multipart.py repeat it, and test/vectors checks
 * that they agree.
 */
export const TOKEN = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`

export const HEADER_NAME = new RegExp(`^${TOKEN}$`)

const SECRET_NAME =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$|api-?_?key|token|secret|signature|password|passwd|credential|session|hmac/i

/** Returns whether the header's value is a credential. People see such a value as `***`. */
export const isSecretHeader = (name: string): boolean => SECRET_NAME.test(name)
