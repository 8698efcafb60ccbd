// biome-ignore-all lint/suspicious/noExplicitAny: a result is any JSON
/** Steps and waits of a run that lasts. What a step returns is stored, and the step is not called again. */
declare module 'workflows' {
  /** A number with `s`, `m`, `h`, `d` or `w`, from `1s` to `366d`. */
  export type Duration = string

  export interface Retry {
    /** How often the step is tried, from 1 to 100. Default: 3. */
    readonly attempts?: number
    /** The pause after the first try. Default: `10s`. */
    readonly first?: Duration
    /** Each further pause is this many times longer. Default: 2. */
    readonly factor?: number
    /** The longest pause. Default: `1h`. */
    readonly max?: Duration
  }

  export interface Step {
    /** Calls `fn()` and stores what it returns as JSON. */
    <T>(name: string, fn: () => T | Promise<T>, options?: { readonly retry?: Retry }): Promise<T>
    /** Inside of a step: 32 characters that are the same each time that the step is tried, for idempotency keys. */
    readonly key: string
  }

  export const step: Step

  /** Ends the process, and calls the function again at that time. Stored steps are not called again. */
  export function sleep(
    name: string,
    duration:
      | { readonly days?: number; readonly hours?: number; readonly minutes?: number; readonly seconds?: number }
      | { readonly until: Date },
  ): Promise<void>

  /** A step failed in its last try. Its `cause` is the original error, in the first part only. */
  export class StepError extends Error {
    readonly step: string
    /** The name of the error, such as `TypeError`. */
    readonly type: string
    readonly attempts: number
  }

  /** A run that was called failed, or could not start. */
  export class RunFailed extends Error {
    readonly runId: string | null
    /** The same as `runId`. */
    readonly run_id: string | null
    /** Such as `exception`, `timeout`, `not_found` or `too_deep`. */
    readonly code: string
  }

  /** The end of a run that was called. A catch workflow has an answer, a pull workflow a `result`. */
  export interface RunEnd {
    readonly run_id: string
    readonly status_code: number
    readonly headers: { readonly [name: string]: string }
    readonly body: string
    readonly result: string | null
  }

  /**
   * Runs another workflow by its name or id, ends the process, and continues when that run has ended. `request` is its
   * body as JSON. Throws `RunFailed` if the run failed.
   */
  export function run(
    workflow: string,
    request?: any,
    options?: {
      /** Default: the workflow. Concurrent calls need different names. */
      readonly name?: string
      readonly requestOf?: { readonly headers?: object; readonly query?: object; readonly body?: any }
      /** The same as `requestOf`. */
      readonly request_of?: { readonly headers?: object; readonly query?: object; readonly body?: any }
    },
  ): Promise<RunEnd>

  /** Thrown in a step, it ends the step without another try. */
  export class NoRetry extends Error {}

  /** What was posted: fields of the body, and headers. */
  export interface WaitEvent {
    /** The name of the wait. */
    readonly name: string
    readonly receivedAt: Date
    /** The same as `receivedAt`. A field of this name is in `fields`. */
    readonly received_at: Date
    readonly headers: { readonly [name: string]: string }
    readonly fields: { readonly [name: string]: any }
    readonly body: Uint8Array<ArrayBuffer>
    readonly query: { readonly [name: string]: any }
    readonly [name: string]: any
  }

  /** Returns the URL that ends the wait of this name. It can be given away before the function waits. */
  export function urlOf(name: string): string

  /** Ends the process, and continues with what is posted to the URL, of several names with the first that comes. */
  export function waitFor(names: string | readonly string[], options: { readonly within: Duration }): Promise<WaitEvent>

  export interface Question {
    readonly title: string
    readonly text?: string | null
    /** JSON that the people see. */
    readonly data?: any
    /** Default: `approve`, `reject`. */
    readonly choices?: readonly string[]
    /** A JSON Schema of flat texts, numbers, booleans and enums, which an answer fills in. */
    readonly fields?: {
      readonly type?: 'object'
      readonly properties: object
      readonly required?: readonly string[]
    } | null
    /** E-mail addresses of accounts, `owners` or `editors`. */
    readonly to?: string | readonly string[] | null
    /** Default: `7d`. */
    readonly within?: Duration
    /** Sends the notice again after each such time. */
    readonly remind?: Duration | null
  }

  export interface Answer {
    readonly choice: string
    readonly by: { readonly id: string; readonly name: string; readonly email: string }
    readonly reason: string | null
    readonly fields: { readonly [name: string]: any }
    readonly at: Date
  }

  /**
   * Asks people, ends the process, and continues with the answer. The person who started the run cannot answer. Throws
   * `TimedOut` if no answer comes in time.
   */
  export function ask(name: string, question: Question): Promise<Answer>
  export function ask(name: string, title: string, question?: Omit<Question, 'title'>): Promise<Answer>
  export interface Decision {
    /** Names the person, such as an e-mail address or an id. */
    readonly subject: string
    readonly outcome: string
    /** 1 to 20 texts. */
    readonly reasons: readonly string[]
    /** JSON that the outcome rests on, at most 64 KiB. */
    readonly inputs?: any
    readonly model?: { readonly name: string; readonly version: string; readonly provider?: string }
    readonly score?: number
    /** Only counted in the impact table: shown for no single person. */
    readonly attributes?: { readonly [name: string]: string | null }
    /** Default: `decision`. */
    readonly name?: string
  }

  /** Records a decision about a person, once, and returns the outcome that counts. */
  export function decide(decision: Decision): Promise<string>

  /** A connection has no valid token, because it needs a sign-in or its provider fails. */
  export class ConnectionUnavailable extends Error {}

  /**
   * Returns a token of a connection of the workflow that is valid for at least 60 s. Allowed inside of a step, and not
   * stored. Throws `ConnectionUnavailable`, and RangeError if the workflow does not name this connection.
   */
  export function accessToken(name: string): Promise<string>
  export { accessToken as access_token }

  /** No event came in time for a wait. */
  export class TimedOut extends Error {}
}
