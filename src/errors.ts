import { CATALOGUE, type ErrorCode } from './error-codes.ts'

export type ErrorFacts = {
  readonly run_id?: string
  readonly trial_id?: string
  /** Person and time of a task's answer. */
  readonly by?: { readonly id: string; readonly name: string }
  readonly at?: string
  /** Values with different outcomes. */
  readonly pairs?: readonly { readonly path: string; readonly values: readonly unknown[] }[]
  /** Number of waiting runs. */
  readonly waiting?: number
  /** If the change was based on an older one. */
  readonly revision?: number
  readonly line?: number | null
  readonly file?: string | null
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly retryAfterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Any other thrown error is a bug. */
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

export class OutdatedError extends UserError {
  constructor(detail: string) {
    super('unavailable', detail, { retryAfterSeconds: 5 })
    this.name = 'OutdatedError'
  }
}

/** The database, or a key of its contents, is missing for now. */
export const isUnavailable = (error: unknown): boolean => error instanceof UserError && error.code === 'unavailable'

/** A missing key is `unavailable` too, but without `retryAfterSeconds`. */
export const isDatabaseAway = (error: unknown): boolean =>
  error instanceof UserError && error.code === 'unavailable' && error.facts.retryAfterSeconds !== undefined

export const stopping = (): UserError =>
  new UserError('stopping', 'The server is stopping. Call again in a moment.', { retryAfterSeconds: 5 })

export const runNotFound = (id: string): UserError => new UserError('not_found', `There is no run ${quote(id)}.`)

export const workflowNotFound = (id: string): UserError =>
  new UserError('not_found', `There is no workflow ${quote(id)}.`)

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const quote = (text: string): string => JSON.stringify(text.slice(0, 100))

/** Ends the start without a stack trace. */
export class StartError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'StartError'
    this.exitCode = exitCode
  }
}
