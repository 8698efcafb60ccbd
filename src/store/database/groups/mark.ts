export type Mark = { readonly workflow: string; readonly settings: string | null }

/** Equal marks prove that a cached row is current. */
export type Marks = {
  of(workflowId: string): Promise<Mark | null>
  /** Call it before reading a row. The returned function converts `row_mark` to a mark. */
  begin(): (rowMark: string) => string
  /** Stores a write's settings mark while `owner` exists. */
  note(owner: object, rowMark: string): void
  noted(owner: object): string | null
}
