/** RFC 9457, without tracebacks or settings. */

import type { RunCode } from '../../domain/runs/run.ts'
import { CATALOGUE, type ErrorCode } from '../../error-codes.ts'
import type { UserError } from '../../errors.ts'

export type Problem = {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode | RunCode
  readonly run_id?: string
  readonly trial_id?: string
  readonly pairs?: readonly { readonly path: string; readonly values: readonly unknown[] }[]
  readonly waiting?: number
  readonly by?: { readonly id: string; readonly name: string }
  readonly at?: string
  readonly revision?: number
  readonly line?: number | null
  readonly file?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

export type ProblemWithHeaders = { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> }

export function problemOf({ code, status, message, facts }: UserError): ProblemWithHeaders {
  const { run_id, trial_id, pairs, waiting, by, at, revision, line, file, errors, retryAfterSeconds, headers } = facts
  return {
    problem: {
      type: 'about:blank',
      title: CATALOGUE[code].title,
      status,
      detail: message,
      code,
      ...(run_id === undefined ? {} : { run_id }),
      ...(trial_id === undefined ? {} : { trial_id }),
      ...(pairs === undefined ? {} : { pairs }),
      ...(waiting === undefined ? {} : { waiting }),
      ...(by === undefined ? {} : { by }),
      ...(at === undefined ? {} : { at }),
      ...(revision === undefined ? {} : { revision }),
      ...(line === undefined ? {} : { line }),
      ...(file == null ? {} : { file }),
      ...(errors === undefined ? {} : { errors }),
    },
    headers:
      retryAfterSeconds === undefined ? { ...headers } : { ...headers, 'Retry-After': String(retryAfterSeconds) },
  }
}
