/** A run as the API tells it. */

import type { JsonText } from '../../json-text.ts'

export const RUN_STATUSES = ['succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'running', 'queued'] as const
export type RunStatus = (typeof RUN_STATUSES)[number]
export const TRIGGERS = ['hook', 'schedule', 'manual', 'replay', 'test'] as const
export type Trigger = (typeof TRIGGERS)[number]
export type HeaderList = [name: string, value: string][]
type RunWarning = { code: string; message: string; key?: string }
export type SettingsChange = { key: string; old: JsonText | null; new: JsonText | null }
export type TimingPart = 'accept' | 'queue' | 'start' | 'load' | 'run' | 'commit'

export type RunRequest = {
  method: string
  url: string
  query: unknown
  headers: HeaderList
  /** Null when it is too large to come with the run (run-body.ts). */
  body: string | null
  body_encoding: 'utf8' | 'base64'
  body_bytes?: number
}

type RunResponse = { status: number; headers: HeaderList; body: string | null; body_bytes?: number }

/** Larger bodies don't come with their run. */
export const MAX_INLINE_BYTES = 256 * 1024

/** What lists tell of a run. */
export type RunSummary = {
  id: string
  workflow_id: string
  version: number | null
  trigger: Trigger
  status: RunStatus
  code: string | null
  message: string | null
  result: string | null
  replay_of: string | null
  attempt: number
  retry_of: string | null
  /** Null when somebody waited for it. */
  not_before: string | null
  warnings: RunWarning[]
  created_at: string
  started_at: string | null
  finished_at: string | null
  duration_ms: number | null
  /** What the function calls the run. */
  label: string | null
  /** The status of the answer to a hook's caller. */
  status_code: number | null
}

export type Run = RunSummary & {
  /** Code that was tried without being saved. */
  source: string | null
  traceback: string | null
  request: RunRequest | null
  response: RunResponse | null
  settings_changes: SettingsChange[]
  /** What a test did to its copy of the settings; only told by the call that started it. */
  scratch_changes?: SettingsChange[]
  timing: Partial<Record<TimingPart, number>>
}

export type LogLine = { at: string; stream: string; text: string }

/** Values of settings stay JSON text (json-text.ts). */
export const RUN_TEXTS: ReadonlySet<string> = new Set(['old', 'new'])

export const isFinal = (status: RunStatus): boolean => status !== 'queued' && status !== 'running'

/** The function returned normally, but what it returned says that its work failed. */
export const reportsFailure = (run: Pick<RunSummary, 'status' | 'warnings'>): boolean =>
  run.status === 'succeeded' && run.warnings.some((warning) => warning.code === 'reported_failure')

/** What a list says of a run beside its state: its error, or what it warns of. */
export const saidBy = (run: Pick<RunSummary, 'message' | 'warnings'>): string =>
  run.message || run.warnings.map(({ message }) => message).join(' · ')

export const isBad = (run: Pick<RunSummary, 'status' | 'warnings'>): boolean =>
  run.status === 'failed' || run.status === 'timed_out' || run.status === 'lost' || reportsFailure(run)
