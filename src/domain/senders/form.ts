export const ALGORITHMS = ['sha1', 'sha256', 'sha384', 'sha512'] as const

export type Algorithm = (typeof ALGORITHMS)[number]

export const ENCODINGS = ['hex', 'base64', 'base64url'] as const

export type Encoding = (typeof ENCODINGS)[number]

export type HmacForm = {
  readonly header: string
  readonly algorithm: Algorithm
  readonly encoding: Encoding
  readonly separator: string | null
  readonly prefix: string
  /** Text with `{body}`, `{timestamp}` and `{header:Name}`. */
  readonly signed: string
  /** A header, or an entry of the signature's header. */
  readonly timestamp: { readonly header: string } | { readonly entry: string } | null
  /** `whsec`: after that prefix, the secret is the key in base64. */
  readonly key: 'text' | 'whsec'
}
