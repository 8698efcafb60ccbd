export type Option = {
  readonly variable: string
  /** Parsed if the variable is not set. If null, so is the value. */
  readonly default: string | null
  /** Documented instead of the default. */
  readonly shownDefault?: string
  readonly parse: ((text: string) => unknown) & { readonly range?: () => string }
  /** Never shown. With the suffix `_FILE`, the variable names a file with the value. */
  readonly secret?: true
  /** Markdown with links from docs/reference. */
  readonly doc: string
}

export type OptionGroup = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = ReturnType<O['parse']> | (O['default'] extends null ? null : never)

export type ValuesOf<G extends OptionGroup> = { readonly [K in keyof G]: ValueOf<G[K]> }
