// biome-ignore-all lint/suspicious/noExplicitAny: a caller may send anything, and settings hold any JSON
// What a workflow function in TypeScript is handed. Only the editor's language server reads this file.

/** The call of the hook: fields of its body, and its headers. */
interface WorkflowRequest {
  /** The headers alone, found in any case. */
  readonly headers: { readonly [name: string]: string }
  /** The fields of the body alone. */
  readonly fields: { readonly [name: string]: any }
  /** The body as it was sent. */
  readonly body: Uint8Array<ArrayBuffer>
  /** The fields of the query string. A repeated field is an array. */
  readonly query: { readonly [name: string]: any }
  /** The method of the call, such as `POST`. */
  readonly method: string
  /** The path of the call, with its query. */
  readonly url: string
  /** A field of the body, or a header as the sender wrote it. */
  readonly [name: string]: any
}

/** The environment properties of the workflow. What the function sets, changes or deletes is kept. */
interface WorkflowSettings {
  /** The id of the workflow. */
  readonly __workflow_id: string
  [name: string]: any
}
