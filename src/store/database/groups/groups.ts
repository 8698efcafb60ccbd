/** Statements for rows of many callers, which share one round trip and one flush. */

export type ColumnType = 'text' | 'bytea' | 'int4' | 'int8'
/** Columns in the order of the parameters. `$1` is the array of the first column. */
export type Columns<Name extends string> = { readonly [Column in Name]: ColumnType }
export type GroupRow = Readonly<Record<string, string | number | Uint8Array | null>>

export type GroupStatement = {
  readonly name: string
  readonly columns: Columns<string>
  /** The last statement of a group returns the `position` (from 1) of the input row with each result. */
  readonly text: string
}

export type GroupAnswer = Readonly<Record<string, unknown>>

export type Group<Row extends GroupRow> = {
  /**
   * Returns the result of the row, or null. Calls `alone` if the group was rolled back because of any row. Throws
   * `unavailable` if the outcome is unknown.
   */
  ask<T>(row: Row, answer: (found: GroupAnswer | null) => T, alone: () => Promise<T>): Promise<T>
}

export type Groups = {
  /** `plan` selects the statements for the waiting rows, which share one transaction. */
  openWriter<Row extends GroupRow>(plan: () => Promise<readonly GroupStatement[]>): Group<Row>
  readonly marks: Marks
}

/** Equal marks mean equal committed states of the workflow row and of its settings. */
export type Mark = { readonly workflow: string; readonly settings: string | null }
export type MarkedPart = keyof Mark

/** Columns for `note`. They need the tables `workflows` and `settings_totals`. */
export const MARK_COLUMNS = 'workflows.xmin::text as workflow, settings_totals.xmin::text as settings'

export type Marks = {
  of(workflowId: string): Promise<Mark | null>
  /** Call it before reading a row. The returned function converts the `row_mark` column to a mark. */
  begin(): (rowMark: string) => string
  /** Stores the mark that a group statement returned as long as `owner` exists. */
  note(owner: object, found: GroupAnswer): void
  noted(owner: object): Mark | null
}

/** Returns SQL for a table `input` with these columns and the row's `position`. */
export function inputOf(columns: Columns<string>): string {
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`)
  const names = Object.keys(columns).map((name) => `"${name}"`)
  return `input as (select * from unnest(${arrays.join(', ')}) with ordinality as given(${names.join(', ')}, position))`
}
