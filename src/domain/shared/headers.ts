export type HeaderPairs = readonly (readonly [name: string, value: string])[]

/** Ignores the case of names. */
export function valuesOf(headers: HeaderPairs, name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return headers.filter(([other]) => other.toLowerCase() === wanted).map(([, value]) => value)
}

/** Empty if absent. */
export const contentTypeOf = (headers: HeaderPairs): string => valuesOf(headers, 'content-type')[0] ?? ''

/** A token (RFC 9110, section 5.6.2). test/vectors checks that response.py and multipart.py repeat it. */
export const TOKEN = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`

export const HEADER_NAME = new RegExp(`^${TOKEN}$`)

const SECRET_NAME =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$|api-?_?key|token|secret|signature|password|passwd|credential|session|hmac/i

export const isSecretHeader = (name: string): boolean => SECRET_NAME.test(name)
