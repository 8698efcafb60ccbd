import type { Methods } from './generated/types.d.ts'

export type * from './common.d.ts'
export type * from './generated/types.d.ts'

export type Options = {
  /** The secret key of your HrFlow account. */
  apiSecret: string
  /** The email of your HrFlow account. */
  apiUser: string
  /** Default: https://api.hrflow.ai/v1/. */
  apiUrl?: string
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch
  /** Milliseconds until a request without an answer fails. Default: 30,000. */
  timeout?: number
  /** How often a request is sent again after a network failure or a status of 408, 429 or 5xx. Default: 0. */
  retries?: number
  /** Verifies webhooks. */
  webhookSecret?: string
}

/** The client of HrFlow's API. */
export interface Hrflow extends Methods {}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor makes the methods from the table
export class Hrflow {
  constructor(options: Options)
}

/** The API answered with an error, or did not answer. */
export class HrflowError extends Error {
  /** HTTP status, or null without an answer. */
  readonly status: number | null
  /** The API's `code`, or null without an answer. */
  readonly code: number | null
  readonly request: { method: string; path: string; url: string }
}
