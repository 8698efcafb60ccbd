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
  /** Other requests' documents. */
  readonly others: readonly unknown[]
  /** JSON Pointers. Null: all. */
  readonly fields: readonly string[] | null
  readonly values: ReadonlyMap<string, readonly unknown[]>
  readonly outcome: string
  readonly maxRuns: number
}

/** Yields documents to try together, and receives their outcomes, null for a run without one. */
export type Search = Generator<readonly unknown[], readonly OutcomeChange[], readonly (string | null)[]>

export type Budget = { left: number }
