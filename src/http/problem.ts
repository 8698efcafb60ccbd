/** Errors as callers see them: application/problem+json (RFC 9457). Nothing here may hold a traceback or a setting. */

import type { RunCode } from '../domain/run.ts'
import { CATALOGUE, type ErrorCode, UserError } from '../errors.ts'
import type { HookResult } from '../runs/hook-result.ts'

export type Problem = {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode | RunCode
  readonly run_id?: string
  readonly revision?: number
  readonly line?: number | null
}

export type ProblemAnswer = { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> }

/** What a caller is told of an error; anything but a UserError is our bug and answered bare. */
export function problemOf(error: unknown): ProblemAnswer {
  const known =
    error instanceof UserError
      ? error
      : new UserError('internal', 'Something went wrong on our side; the server log says what.')
  const { code, status, message, facts } = known
  const { run_id, revision, line, retryAfterSeconds, headers } = facts
  return {
    problem: {
      type: 'about:blank',
      title: CATALOGUE[code].title,
      status,
      detail: message,
      code,
      ...(run_id === undefined ? {} : { run_id }),
      ...(revision === undefined ? {} : { revision }),
      ...(line === undefined ? {} : { line }),
    },
    headers:
      retryAfterSeconds === undefined ? { ...headers } : { ...headers, 'Retry-After': String(retryAfterSeconds) },
  }
}

type Ending = { readonly status: number; readonly title: string; readonly what: string }

const ENDINGS: Readonly<Record<RunCode, Ending>> = {
  invalid_response: {
    status: 502,
    title: 'The function returned no valid answer',
    what: 'The function returned a dict that is no valid response',
  },
  invalid_settings: {
    status: 500,
    title: 'The settings could not be kept',
    what: 'The function left something in its settings that cannot be kept',
  },
  exception: { status: 500, title: 'The function failed', what: 'The function raised an exception' },
  load_error: { status: 500, title: 'The function does not load', what: 'The code of the function does not load' },
  timeout: { status: 504, title: 'The function ran out of time', what: 'The function ran past its time limit' },
  crashed: { status: 500, title: 'The function crashed', what: 'The process of the function died' },
  out_of_memory: {
    status: 500,
    title: 'The function ran out of memory',
    what: 'The function ran past its memory limit',
  },
  cancelled: { status: 503, title: 'The run was cancelled', what: 'The run was cancelled' },
  lost: { status: 503, title: 'The run was lost', what: 'The server that ran the function went away' },
}

/** What the caller of a hook is told of a run that did not succeed; the reasons are for the run's page. */
export function problemOfRun({ runId, code }: HookResult): Problem {
  const known = code ?? 'crashed'
  const { status, title, what } = ENDINGS[known]
  return {
    type: 'about:blank',
    title,
    status,
    detail: `${what}. See run ${runId} for details.`,
    code: known,
    run_id: runId,
  }
}
