// biome-ignore-all lint/suspicious/noExplicitAny: a caller may send anything, and settings hold any JSON
// Types of a TypeScript function's arguments. Only the editor's language server reads this file.

/** Fields of the call's body, and its headers. */
interface WorkflowRequest {
  /** Headers only, with case-insensitive names. */
  readonly headers: { readonly [name: string]: string }
  /** Fields of the body only. */
  readonly fields: { readonly [name: string]: any }
  /** Body as it was sent. */
  readonly body: Uint8Array<ArrayBuffer>
  /** Fields of the query string. A repeated field is an array. */
  readonly query: { readonly [name: string]: any }
  /** Method of the call, such as `POST`. */
  readonly method: string
  /** Path of the call, with its query. */
  readonly url: string
  /** A field of the body, or a header as the sender wrote it. */
  readonly [name: string]: any
}

/** Environment properties of the workflow. Changes that the function makes are saved. */
interface WorkflowSettings {
  /** Id of the workflow. */
  readonly __workflow_id: string
  /** Adds to a number, or to 0, and returns the sum. Increments of concurrent runs are kept. */
  increment(key: string, amount?: number): number
  /** Appends to an array unless it holds the item, and returns whether it was added. Items that concurrent runs add are kept. */
  add(key: string, item: unknown): boolean
  /** Removes an item from an array, and returns whether the array held it. */
  discard(key: string, item: unknown): boolean
  /** Sets `settings[key][name]`. Entries that concurrent runs put are kept. */
  putIn(key: string, name: string, value: unknown): void
  [name: string]: any
}
