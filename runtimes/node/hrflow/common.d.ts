// biome-ignore-all lint/suspicious/noExplicitAny: HrFlow's documentation does not say what every answer holds

/** A file: `File`, `Blob`, `Uint8Array` or `ArrayBuffer`. */
export type HrflowFile = Blob | Uint8Array<ArrayBuffer> | ArrayBuffer

/** What the API answers. */
export interface Answer<Data> {
  code: number
  message: string
  data: Data
  meta?: { page: number; maxPage: number; count: number; total: number }
}

/** A Source or a Board. */
export interface Place {
  key: string
  name: string
  type: string
  subtype?: string
  environment?: string
  [name: string]: any
}

export type WebhookHandler = (event: { type: string; [name: string]: any }, type: string) => unknown
