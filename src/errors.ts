/** Codes are never reused. */

export const CATALOGUE = {
  bad_request: {
    status: 400,
    title: 'The request is not valid',
    cause: 'A parameter, a field or a header does not have the expected form. The detail names it.',
    mend: 'Send what the detail asks for. `/api/docs` shows the fields of each call.',
  },
  invalid_body: {
    status: 400,
    title: 'The body is not valid',
    cause: 'The body is not JSON, not UTF-8, nests too deeply, or does not match the request schema of the workflow.',
    mend: 'Correct the body. `errors` names the places, `detail` the line or byte.',
  },
  invalid_settings: {
    status: 400,
    title: 'The settings cannot be kept',
    cause: 'A key or value cannot be stored: it is too large, not JSON, or reserved.',
    mend: 'Make it smaller, or choose another key. See the limits of settings.',
  },
  unauthorized: {
    status: 401,
    title: 'Sign in or send an API key',
    cause: 'The call has no valid session or API key, or the key has expired.',
    mend: 'Sign in, or send `Authorization: Bearer <key>` with a valid key.',
  },
  sender_refused: {
    status: 401,
    title: 'Caller verification failed',
    cause: 'The call of a hook has no valid signature, key or address.',
    mend: 'Compare the secret of the sender with that of the workflow. *Settings → Who may call* lists refused calls with reasons.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    cause: 'The person or the key lacks a scope or a right. The detail names the scope.',
    mend: 'Use a key with that scope, or ask an owner.',
  },
  reauthentication_required: {
    status: 403,
    title: 'Sign in again',
    cause: 'The action needs a sign-in within the last 15 minutes.',
    mend: 'Sign in again and repeat the action.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    cause: 'There is no such thing, or the address is wrong.',
    mend: 'Check the id and the path. Hook URLs change when their key is rotated.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    cause: 'The address does not know this method. `Allow` lists the methods that it knows.',
    mend: 'Use one of them. A hook takes `POST`, and `GET` if its field `methods` has it.',
  },
  request_timeout: {
    status: 408,
    title: 'The request came too slowly',
    cause: 'The request took longer than 30 s, or its body came at less than 64 kB/s.',
    mend: 'Repeat the call over a faster connection, or send less.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    cause: 'The state has changed since it was read, or does not allow the action.',
    mend: 'Read again, and decide with the new state. The detail says what changed.',
  },
  gate_failed: {
    status: 409,
    title: 'The deploy check refused the deployment',
    cause: 'Past requests ran differently on the new version than the gate of the workflow allows.',
    mend: 'Look at the trial `trial_id`. Correct the code, or deploy with `force`.',
  },
  key_in_use: {
    status: 409,
    title: 'A call with this key is in progress',
    cause: 'A call with the same idempotency key is running.',
    mend: 'Repeat the call after `Retry-After`.',
  },
  waiting_runs: {
    status: 409,
    title: 'Runs of the workflow wait',
    cause: 'Runs of the workflow wait, and could not go on.',
    mend: 'Let them end, or repeat with `cancel_waiting`. `waiting` is their number.',
  },
  run_erased: {
    status: 409,
    title: 'The data of the run were erased',
    cause: 'The data of the run were erased, so it cannot run again.',
    mend: 'Start a new run with a new request. Erased data cannot be restored.',
  },
  run_waits: {
    status: 409,
    title: 'The run waits',
    cause: 'The run waits, and its data is needed to go on.',
    mend: 'Let it end, or repeat with `cancel_waiting`.',
  },
  may_not_answer: {
    status: 403,
    title: 'You may not answer this task',
    cause: 'The task does not ask you, you started or continued its run, or the key belongs to no person.',
    mend: 'Ask one of the people whom the task names. The detail says why.',
  },
  already_answered: {
    status: 409,
    title: 'The task is answered',
    cause: 'Another answer came first, and the first one counts. `by` and `at` say whose and when.',
    mend: 'Nothing is to be done.',
  },
  task_over: {
    status: 409,
    title: 'The task is over',
    cause: 'The time of the task has passed, or its run has ended.',
    mend: 'Nothing is to be done: the run has continued or ended without this answer.',
  },
  wait_over: {
    status: 410,
    title: 'The wait is over',
    cause: 'The time of the wait has passed, another event of its list came first, or the run has ended.',
    mend: 'Nothing is to be done: the run continues without this event.',
  },
  archived: {
    status: 410,
    title: 'The workflow is archived',
    cause: 'The workflow is archived.',
    mend: 'Restore it in the app, or remove the hook from the sender.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    cause: 'The body is larger than its limit.',
    mend: 'Send less, or raise `body_limit_bytes` of the workflow.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    cause: 'The content type, charset or content encoding is not supported.',
    mend: 'Send JSON, a form or multipart in UTF-8, without compression.',
  },
  key_reused: {
    status: 422,
    title: 'The key belongs to another body',
    cause: 'The idempotency key came before with another body.',
    mend: 'Use a new key for each event.',
  },
  invalid_archive: {
    status: 422,
    title: 'The archive is not valid',
    cause: 'The ZIP of a folder is damaged, too large, or holds unknown files or fields.',
    mend: 'Export a folder to compare. The detail names the file and the line.',
  },
  load_error: {
    status: 422,
    title: 'The code does not load',
    cause: 'The code has a syntax error, or its imports or its function are missing.',
    mend: 'Correct the line that `line` and `file` name.',
  },
  invalid_packages: {
    status: 422,
    title: 'The packages are not valid',
    cause: 'The declaration of packages breaks a rule.',
    mend: 'Correct the line that `line` names.',
  },
  environment_failed: {
    status: 422,
    title: 'The packages could not be installed',
    cause: 'Packages could not be resolved or installed. The detail has the words of the installer.',
    mend: 'Change the requirements, or check that the package index can be reached.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    cause: 'The caller exceeded a limit of calls, sign-ins, streams or large answers.',
    mend: 'Repeat after `Retry-After`.',
  },
  busy: {
    status: 429,
    title: 'All slots are busy',
    cause: 'All slots of the workflow, its lane or its queue are full, or too many runs wait.',
    mend: 'Repeat after `Retry-After`, or raise `max_concurrency`.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    cause: 'The headers are larger than 16 KiB.',
    mend: 'Send fewer or smaller headers.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    cause: 'A bug of the server.',
    mend: 'Report it with the `X-Request-Id` of the answer and the line of the log that has it.',
  },
  disabled: {
    status: 503,
    title: 'The workflow is disabled',
    cause: 'The workflow is disabled.',
    mend: 'Enable it, or let the sender repeat the call.',
  },
  connection_unavailable: {
    status: 503,
    title: 'A connection cannot be used',
    cause:
      'A connection of the workflow has no valid token: nobody signed in, the sign-in was lost, or its provider fails.',
    mend: 'Sign in under *Settings → Connections*. If the provider fails, repeat the call after `Retry-After`.',
  },
  environment_not_ready: {
    status: 503,
    title: 'The packages are being installed',
    cause: 'The packages of the version are being installed on this server.',
    mend: 'Repeat after `Retry-After`.',
  },
  not_deployed: {
    status: 503,
    title: 'The workflow has no deployed version',
    cause: 'The workflow has no deployed version.',
    mend: 'Deploy one.',
  },
  stopping: {
    status: 503,
    title: 'The server is stopping',
    cause: 'The server is stopping.',
    mend: 'Repeat after `Retry-After`. Behind a proxy another server answers.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    cause: 'The database cannot be used, clocks differ, or memory for bodies is full. The detail names the reason.',
    mend: 'Repeat after `Retry-After`. For operators: see the runbook.',
  },
} as const

export type ErrorCode = keyof typeof CATALOGUE

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
