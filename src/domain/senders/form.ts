export const ALGORITHMS = ['sha1', 'sha256', 'sha384', 'sha512'] as const

export type Algorithm = (typeof ALGORITHMS)[number]

export const ENCODINGS = ['hex', 'base64', 'base64url'] as const

export type Encoding = (typeof ENCODINGS)[number]

export type HmacForm = {
  readonly header: string
  readonly algorithm: Algorithm
  readonly encoding: Encoding
  /** What joins several signatures in the header; null: there is only one. */
  readonly separator: string | null
  /** What a signature begins with; entries of the header that don't are none. */
  readonly prefix: string
  /** What is signed: text with `{body}`, `{timestamp}` and `{header:Name}`. */
  readonly signed: string
  /** Where the time of signing is: in a separate header, or as an entry of the signature's. */
  readonly timestamp: { readonly header: string } | { readonly entry: string } | null
  /** `whsec`: the secret is base64 of the key, after that prefix. */
  readonly key: 'text' | 'whsec'
}
