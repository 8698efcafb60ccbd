import { useMemo } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import type { TimeSpan } from '../../../lib/requests/get-stats.ts'
import type { RunFilter } from '../../../lib/requests/runs/get-runs.ts'
import { RUN_STATUSES, TRIGGERS } from '../../../lib/requests/runs/run.ts'
import { exactTime } from '../../../lib/time.ts'
import { useParameters } from '../../../lib/use-parameters.ts'

const HOUR_MS = 3_600_000
export const RANGES = {
  '1h': { words: t('the last hour'), label: t('Last hour'), ms: HOUR_MS },
  '24h': { words: t('the last 24 hours'), label: t('Last 24 hours'), ms: 24 * HOUR_MS },
  '7d': { words: t('the last 7 days'), label: t('Last 7 days'), ms: 7 * 24 * HOUR_MS },
  '30d': { words: t('the last 30 days'), label: t('Last 30 days'), ms: 30 * 24 * HOUR_MS },
} as const
export type Range = keyof typeof RANGES

export const isRange = (text: string | null): text is Range => text !== null && text in RANGES

/** `failing` is a value of `status`. */
type Parameter =
  | 'workflow'
  | 'status'
  | 'trigger'
  | 'q'
  | 'range'
  | 'since'
  | 'until'
  | 'status_code'
  | 'version'
  | 'min_ms'
  | 'label'
  | 'waiting_for'

export function useRunFilter() {
  const [parameters, set] = useParameters<Parameter>()
  // Times are relative to now: each render would make a new filter.
  const read = useMemo(() => readFilter(parameters, Date.now()), [parameters])
  return { ...read, set }
}

function readFilter(parameters: URLSearchParams, now: number) {
  const named = parameters.get('range')
  const range = isRange(named) ? named : null
  const span = readSpan(parameters.get('since'), parameters.get('until'))
  const since = range === null ? null : new Date(now - RANGES[range].ms).toISOString()
  const filter: RunFilter = {
    status: RUN_STATUSES.find((candidate) => candidate === parameters.get('status')) ?? null,
    failing: parameters.get('status') === 'failing' ? true : null,
    trigger: TRIGGERS.find((candidate) => candidate === parameters.get('trigger')) ?? null,
    q: parameters.get('q') ?? '',
    status_code: readNumber(parameters.get('status_code')),
    version: readNumber(parameters.get('version')),
    min_ms: readNumber(parameters.get('min_ms')),
    label: parameters.get('label'),
    waiting_for: parameters.get('waiting_for'),
    ...(span ?? { since, until: null }),
  }
  const isFiltered = Object.values(filter).some((value) => value !== null && value !== '')
  return { filter, range, span, isFiltered, workflowId: parameters.get('workflow') }
}

const readNumber = (text: string | null): number | null =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null

export function chartTime(range: Range | null, span: TimeSpan | null): { time: number | TimeSpan; words: string } {
  if (span !== null) return { time: span, words: spanWords(span) }
  const { ms, words } = RANGES[range ?? '24h']
  return { time: ms, words }
}

export const spanWords = ({ since, until }: TimeSpan): string => `${exactTime(since)} – ${exactTime(until)}`

function readSpan(since: string | null, until: string | null): TimeSpan | null {
  if (since === null || until === null) return null
  return Date.parse(since) < Date.parse(until) ? { since, until } : null
}
