import type { Schemas } from '../../client/api.ts'

export type RunSummary = Schemas['RunSummary'] & Pick<ListedRun, 'workflow_name' | 'match'>
type ListedRun = Schemas['RunPage']['data'][number]
/** Values of changed settings are JSON text. */
export type Run = Schemas['Run']
/** `body`: null if too large (run-body.ts). */
export type RunRequest = NonNullable<Run['request']>
export type HeaderList = RunRequest['headers']
export type SettingsChange = Run['settings_changes'][number]
export type LogLine = Schemas['LogLine']
export type RunStatus = RunSummary['status']
export type Trigger = RunSummary['trigger']
export type TimingPart = 'accept' | 'queue' | 'start' | 'load' | 'run' | 'commit'

export const MAX_INLINE_BYTES = 256 * 1024

export const RUN_STATUSES = [
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'lost',
  'running',
  'waiting',
  'queued',
] as const satisfies readonly RunStatus[]
export const TRIGGERS = ['hook', 'schedule', 'manual', 'replay', 'run', 'test'] as const satisfies readonly Trigger[]

export const isFinal = (status: RunStatus): boolean => !['queued', 'running', 'waiting'].includes(status)

export const reportsFailure = (run: Pick<RunSummary, 'status' | 'warnings'>): boolean =>
  run.status === 'succeeded' && run.warnings.some((warning) => warning.code === 'reported_failure')

export const overwrites = (run: Pick<RunSummary, 'status' | 'warnings'>): boolean =>
  run.status === 'succeeded' && run.warnings.some((warning) => warning.code === 'settings_conflict')

export const isBad = (run: Pick<RunSummary, 'status' | 'warnings'>): boolean =>
  run.status === 'failed' || run.status === 'timed_out' || run.status === 'lost' || reportsFailure(run)
