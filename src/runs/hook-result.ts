/** What a hook's caller is told of a run. */

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
  /** An earlier call with the same idempotency key made the run. */
  readonly replayed: boolean
}

export function resultOfEnded({ runId, outcome, finished }: EndedRun): HookResult {
  const told = { runId, message: null, response: null, replayed: false }
  if (!finished.applied) return { ...told, status: 'lost', code: 'lost' }
  if (finished.settingsError !== null) {
    return { ...told, status: 'failed', code: 'invalid_settings', message: finished.settingsError }
  }
  const { status, code, message, response } = outcome
  return { ...told, status, code, message, response }
}

/** What a later call with the same key is told when it waits for the end. */
export function resultOfAgain(run: Run): HookResult {
  if (isFinal(run.status)) return resultOfStored(run, true)
  throw keyInUse()
}

/** The same of a run as it is stored. */
export function resultOfStored({ id, status, code, message, response }: Run, replayed: boolean): HookResult {
  return { runId: id, status, code, message, response, replayed }
}
