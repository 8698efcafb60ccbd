/** A step of a workflow of Pipedream, and what becomes of the steps. */

/** One step of the export. */
export type Step = {
  /** Its name there: later steps find its result under it. */
  readonly name: string
  readonly language: 'python' | 'javascript' | null
  /** The code; null for an action of Pipedream's registry. */
  readonly code: string | null
  /** The action, or the file. */
  readonly uses: string
  readonly props: Readonly<Record<string, unknown>>
}

/** What one language makes of the steps. */
export type Source = {
  readonly files: ReadonlyMap<string, string>
  /** Settings that the code reads. */
  readonly settings: readonly string[]
  readonly carriedOver: readonly string[]
  readonly notCarriedOver: readonly string[]
}

/** In words, what a step was that is not carried over. */
export const whatWas = ({ code, uses, language }: Step): string =>
  code === null ? `the action ${uses}` : `code in ${language ?? 'another language'} (${uses})`
