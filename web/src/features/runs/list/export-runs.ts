import { downloadText } from '../../../lib/download.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'

const COLUMNS = [
  'id',
  'workflow_id',
  'workflow_name',
  'version',
  'trigger',
  'status',
  'status_code',
  'label',
  'code',
  'message',
  'attempt',
  'replay_of',
  'created_at',
  'started_at',
  'finished_at',
  'duration_ms',
] as const satisfies readonly (keyof RunSummary)[]

export function exportRuns(runs: readonly RunSummary[], format: 'csv' | 'json'): void {
  const name = `runs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`
  if (format === 'json') downloadText(`${name}.json`, JSON.stringify(runs, null, 2), 'application/json')
  else downloadText(`${name}.csv`, runsCsv(runs), 'text/csv')
}

/** RFC 4180. An apostrophe keeps spreadsheets from running formulas. */
function runsCsv(runs: readonly RunSummary[]): string {
  const rows = runs.map((run) => COLUMNS.map((column) => cell(run[column])))
  return [COLUMNS, ...rows].map((row) => `${row.join(',')}\r\n`).join('')
}

function cell(value: string | number | null | undefined): string {
  if (typeof value !== 'string') return value == null ? '' : String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
