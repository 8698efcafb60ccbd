/** Errors as callers see them: application/problem+json (RFC 9457). They never contain a traceback or a setting. */

import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { RunCode } from '../../domain/run.ts'
import { CATALOGUE, type ErrorCode, UserError } from '../../errors.ts'

export type Problem = {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode | RunCode
  readonly run_id?: string
  readonly trial_id?: string
  readonly revision?: number
  readonly line?: number | null
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** A problem with the headers of its response. */
export type ProblemWithHeaders = { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> }

/** Logs a bug of the program under an id, which the error for the caller names. */
export function logBug(log: Pick<FastifyBaseLogger, 'error'>, error: unknown, words: string): UserError {
  const errorId = randomBytes(8).toString('hex')
  log.error({ err: error, errorId }, words)
  return new UserError('internal', `The server met an internal error. Its log has the details, as error ${errorId}.`)
}

/** The problem for an error. Any other error than a UserError is a bug of the program, and the caller gets no details. */
export function problemOf(error: unknown): ProblemWithHeaders {
  const known =
    error instanceof UserError
      ? error
      : new UserError('internal', 'The server met an internal error. Its log has the details.')
  const { code, status, message, facts } = known
  const { run_id, trial_id, revision, line, errors, retryAfterSeconds, headers } = facts
  return {
    problem: {
      type: 'about:blank',
      title: CATALOGUE[code].title,
      status,
      detail: message,
      code,
      ...(run_id === undefined ? {} : { run_id }),
      ...(trial_id === undefined ? {} : { trial_id }),
      ...(revision === undefined ? {} : { revision }),
      ...(line === undefined ? {} : { line }),
      ...(errors === undefined ? {} : { errors }),
    },
    headers:
      retryAfterSeconds === undefined ? { ...headers } : { ...headers, 'Retry-After': String(retryAfterSeconds) },
  }
}
