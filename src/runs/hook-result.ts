/** The result of a run for the caller of its hook. */

import { isFinal, type Run, type RunCode, type RunResponse, type RunStatus } from '../domain/run.ts'
import { keyInUse } from '../store/runs/idempotency-keys.ts'
import type { EndedRun } from './execute.ts'

/** `response` null: the default answer of the status and code. */
export type HookResult = {
  readonly runId: string
  readonly status: RunStatus
  readonly code: RunCode | null
  readonly message: string | null
  readonly response: RunResponse | null
  /** True when an earlier call with the same idempotency key created the run. */
  readonly replayed: boolean
}

/** The result of a run that this server has just executed. */
export function resultOfEnded({ runId, outcome, finished }: EndedRun): HookResult {
  const base = { runId, message: null, response: null, replayed: false }
  if (!finished.applied) return { ...base, status: 'lost', code: 'lost' }
  if (finished.settingsError !== null) {
    return { ...base, status: 'failed', code: 'invalid_settings', message: finished.settingsError }
  }
  const { status, code, message, response } = outcome
  return { ...base, status, code, message, response }
}

/** The result for a repeated call with the same key that waits for the end. Throws UserError `key_in_use` before the end. */
export function resultOfRepeated(run: Run): HookResult {
  if (isFinal(run.status)) return resultOfStored(run, true)
  throw keyInUse()
}

/** The result of a stored run. */
export function resultOfStored({ id, status, code, message, response }: Run, replayed: boolean): HookResult {
  return { runId: id, status, code, message, response, replayed }
}
