import { t } from '../../i18n/t.ts'
import { serverWords } from '../../notices/server-words.ts'
import type { RunSummary } from '../../requests/runs/run.ts'
import { exactTime } from '../../time.ts'

export function saidBy({
  label,
  message,
  warnings,
  waiting_for: waits,
}: Pick<RunSummary, 'message' | 'warnings' | 'label' | 'waiting_for'>): string {
  const said = serverWords(message ?? '') || warnings.map((warning) => serverWords(warning.message)).join(' · ')
  return [label, waits === null ? '' : waitText(waits), said].filter(Boolean).join(' · ')
}

/** The first wait that ends continues the run. */
function waitText(waits: NonNullable<RunSummary['waiting_for']>): string {
  const names = [...new Set(waits.map(({ name }) => name))].join(', ')
  const [time] = waits.flatMap(({ kind, until }) => (kind === 'run' ? [] : [until])).toSorted()
  return time === undefined ? names : t('{names} until {time}', { names, time: exactTime(time) })
}
