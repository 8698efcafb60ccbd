export type Step = {
  /** Later steps find its result by this name. */
  readonly name: string
  readonly language: 'python' | 'javascript' | null
  readonly code: string | null
  readonly uses: string
  readonly props: Readonly<Record<string, unknown>>
}

export type Source = {
  readonly files: ReadonlyMap<string, string>
  readonly settings: readonly string[]
  readonly carriedOver: readonly string[]
  readonly notCarriedOver: readonly string[]
}

export const whatWas = ({ code, uses, language }: Step): string =>
  code === null ? `the action ${uses}` : `code in ${language ?? 'another language'} (${uses})`

/** What a report says about `delay`, `suspend` and `rerun`. */
export const PAUSES =
  'pauses, as waits of the run: `resume_url` and `cancel_url` take POST only, and results of steps are stored'
