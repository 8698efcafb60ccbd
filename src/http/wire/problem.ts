/** Errors as callers see them: application/problem+json (RFC 9457). Nothing here may hold a traceback or a setting. */

import type { RunCode } from '../../domain/run.ts'
import { CATALOGUE, type ErrorCode, UserError } from '../../errors.ts'

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
