/** Header names and values in the sender's order and spelling. */

export type HeaderPairs = readonly (readonly [name: string, value: string])[]

/** The source of a pattern for a token (RFC 9110, section 5.6.2). response.py and multipart.py repeat it; test/vectors holds all to the same cases. */
export const TOKEN = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`

/** Matches a whole header name. */
export const HEADER_NAME = new RegExp(`^${TOKEN}$`)
