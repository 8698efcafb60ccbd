/** Statements that take the rows of many callers at once: one way to the database and one flush for all of them. */

export type ColumnType = 'text' | 'bytea' | 'int4' | 'int8'
/** The columns in the order of the statement's parameters: `$1` is an array of the first. */
export type Columns<Name extends string> = { readonly [Column in Name]: ColumnType }
export type GroupRow = Readonly<Record<string, string | number | Uint8Array | null>>

export type GroupStatement = {
  /** Unique among all: it is prepared under this name. */
  readonly name: string
  readonly columns: Columns<string>
  /** The last statement of a group returns rows with the `position`, counted from 1, of the row that each answers. */
  readonly text: string
}

export type GroupAnswer = Readonly<Record<string, unknown>>

export type Group<Row extends GroupRow> = {
  /**
   * Returns what the last statement answered for the row, null: nothing. `alone` is done instead when the group could not be
   * kept, because of this row or another. Throws `unavailable` when it is unknown whether it was kept.
   */
  ask<T>(row: Row, answer: (found: GroupAnswer | null) => T, alone: () => Promise<T>): Promise<T>
}

export type Groups = {
  /** `plan` says which statements the rows that wait now travel in: several share one transaction. */
  openWriter<Row extends GroupRow>(plan: () => Promise<readonly GroupStatement[]>): Group<Row>
  readonly marks: Marks
}

/** The committed states of a workflow's row and of its settings: equal marks, equal states. */
export type Mark = { readonly workflow: string; readonly settings: string | null }
export type MarkedPart = keyof Mark

/** What a statement of a group returns beside a row's position, so that its mark can be noted; needs the tables `workflows` and `settings_totals`. */
export const MARK_COLUMNS = 'workflows.xmin::text as workflow, settings_totals.xmin::text as settings'

export type Marks = {
  /** Read after the call; null: there is no such workflow. */
  of(workflowId: string): Promise<Mark | null>
  /** The mark of a row whose column `row_mark` was read; call it before reading, and what it returns after. */
  begin(): (rowMark: string) => string
  /** Keeps the mark that a statement of a group returned (`MARK_COLUMNS`), for as long as `owner` lives. */
  note(owner: object, found: GroupAnswer): void
  /** Null: there is none. */
  noted(owner: object): Mark | null
}

/** `names` as the columns of a table `input`, with the `position` of each row: `with ${inputOf(columns)}`. */
export function inputOf(columns: Columns<string>): string {
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`)
  const names = Object.keys(columns).map((name) => `"${name}"`)
  return `input as (select * from unnest(${arrays.join(', ')}) with ordinality as given(${names.join(', ')}, position))`
}
