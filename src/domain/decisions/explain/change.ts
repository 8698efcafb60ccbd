import type { Origin } from './walk.ts'

export type FieldChange = {
  readonly path: string
  readonly old: unknown
  readonly new: unknown
  readonly origin: Origin
}

export type OutcomeChange = { readonly fields: readonly FieldChange[]; readonly outcome: string }

export type SearchPlan = {
  readonly document: unknown
  /** Documents of other requests. */
  readonly others: readonly unknown[]
  /** JSON Pointers. Null: all fields. */
  readonly fields: readonly string[] | null
  readonly values: ReadonlyMap<string, readonly unknown[]>
  readonly outcome: string
  readonly maxRuns: number
}

/** Yields documents to try together, and receives an outcome for each, or null if the run had none. */
export type Search = Generator<readonly unknown[], readonly OutcomeChange[], readonly (string | null)[]>

export type Budget = { left: number }
