import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { UserError } from '../../errors.ts'
import { type ProblemWithHeaders, problemOf } from './problem.ts'

/** `route` is the pattern, because the paths of hooks are secret. */
type RefusedCall = { readonly method?: string; readonly route?: string; readonly workflowId?: string }

export type Refusals = {
  /** Bugs are logged with their stack. */
  answer(error: unknown, call: RefusedCall): ProblemWithHeaders
}

type Log = Pick<FastifyBaseLogger, 'error' | 'warn' | 'info'>

/** Thousands of refusals a second are possible. */
const MAX_LINES_A_SECOND = 10

export function createRefusals(log: Log, now: () => number = () => performance.now()): Refusals {
  // A separate limit, so that refused callers cannot hide failures.
  const failures = boundLines((line) => log.warn(line, 'a call could not be served'), now)
  const refusals = boundLines((line) => log.info(line, 'a call was refused'), now)
  return {
    answer(error, call) {
      const requestId = randomBytes(8).toString('hex')
      const { problem, headers } = problemOf(error instanceof UserError ? error : internal(requestId))
      const { status, code, detail, run_id: runId } = problem
      const line = { requestId, status, code, ...call, runId }
      if (!(error instanceof UserError)) log.error({ ...line, err: error }, 'a request failed')
      else if (status >= 500) failures({ ...line, detail })
      // The detail may repeat the caller's input.
      else refusals(line)
      return { problem, headers: { ...headers, 'X-Request-Id': requestId } }
    },
  }
}

const internal = (requestId: string): UserError =>
  new UserError('internal', `The server met an internal error. Its log has the details, as error ${requestId}.`)

function boundLines(write: (line: object) => void, now: () => number): (line: object) => void {
  let since = Number.NEGATIVE_INFINITY
  let written = 0
  let unlogged = 0
  return (line) => {
    const at = now()
    if (at - since >= 1000) {
      since = at
      written = 0
    }
    if (written >= MAX_LINES_A_SECOND) {
      unlogged += 1
      return
    }
    written += 1
    write(unlogged === 0 ? line : { ...line, unlogged })
    unlogged = 0
  }
}
