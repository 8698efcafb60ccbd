import { isFinal, type Run, type RunCode, type RunResponse, type RunStatus } from '../domain/runs/run.ts'
import { keyInUse } from '../store/runs/write/idempotency-keys.ts'
import type { EndedRun } from './execution/execute.ts'

export type HookResult = {
  readonly runId: string
  readonly status: RunStatus
  readonly code: RunCode | null
  readonly message: string | null
  readonly response: RunResponse | null
  readonly replayed: boolean
}

export function resultOfEnded({ runId, outcome, finished, isDurable }: EndedRun): HookResult {
  const base = { runId, message: null, response: null, replayed: false }
  if (!finished.applied && isDurable) return { ...base, status: 'queued', code: null }
  if (!finished.applied) return { ...base, status: 'lost', code: 'lost' }
  if (finished.settingsError !== null) {
    return { ...base, status: 'failed', code: 'invalid_settings', message: finished.settingsError }
  }
  const { status, code, message, response } = outcome
  return { ...base, status, code, message, response }
}

export function resultOfRepeated(run: Run): HookResult {
  if (isFinal(run.status) || run.status === 'waiting') return resultOfStored(run, true)
  throw keyInUse()
}

export function resultOfStored({ id, status, code, message, response }: Run, replayed: boolean): HookResult {
  return { runId: id, status, code, message, response, replayed }
}
