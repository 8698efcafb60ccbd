/** Every error that a caller can receive. Codes are never reused. */

export const CATALOGUE = {
  bad_request: { status: 400, title: 'The request is not valid' },
  invalid_body: { status: 400, title: 'The body is not valid' },
  invalid_settings: { status: 400, title: 'The settings cannot be kept' },
  unauthorized: { status: 401, title: 'Sign in or send an API key' },
  sender_refused: { status: 401, title: 'The caller did not prove who it is' },
  forbidden: { status: 403, title: 'Not allowed' },
  reauthentication_required: { status: 403, title: 'Sign in again' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict' },
  gate_failed: { status: 409, title: 'The gate of the workflow refused the deployment' },
  key_in_use: { status: 409, title: 'A call with this key is in progress' },
  archived: { status: 410, title: 'The workflow is archived' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  key_reused: { status: 422, title: 'The key belongs to another body' },
  invalid_archive: { status: 422, title: 'The archive is not valid' },
  load_error: { status: 422, title: 'The code does not load' },
  invalid_packages: { status: 422, title: 'The packages are not valid' },
  environment_failed: { status: 422, title: 'The packages could not be installed' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  busy: { status: 429, title: 'All slots are busy' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Internal error' },
  disabled: { status: 503, title: 'The workflow is disabled' },
  environment_not_ready: { status: 503, title: 'The packages are being installed' },
  not_deployed: { status: 503, title: 'The workflow has no deployed version' },
  stopping: { status: 503, title: 'The server is stopping' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const

export type ErrorCode = keyof typeof CATALOGUE

export type ErrorFacts = {
  readonly run_id?: string
  readonly trial_id?: string
  /** Current revision of a setting, if the change was based on an older one. */
  readonly revision?: number
  readonly line?: number | null
  readonly file?: string | null
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly retryAfterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Error that the caller can understand and fix. Any other thrown error is a bug. */
export class UserError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, detail: string, facts: ErrorFacts = {}, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.name = 'UserError'
    this.code = code
    this.status = CATALOGUE[code].status
    this.facts = facts
  }
}

/** Rejects this server because a newer release has made incompatible changes to the database. */
export class OutdatedError extends UserError {
  constructor(detail: string) {
    super('unavailable', detail, { retryAfterSeconds: 5 })
    this.name = 'OutdatedError'
  }
}

export const stopping = (): UserError =>
  new UserError('stopping', 'The server is stopping. Call again in a moment.', { retryAfterSeconds: 5 })

export const runNotFound = (id: string): UserError => new UserError('not_found', `There is no run ${quote(id)}.`)

export const workflowNotFound = (id: string): UserError =>
  new UserError('not_found', `There is no workflow ${quote(id)}.`)

const quote = (text: string): string => JSON.stringify(text.slice(0, 100))

/** Ends the start with a message and an exit code, without a stack trace. */
export class StartError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'StartError'
    this.exitCode = exitCode
  }
}
