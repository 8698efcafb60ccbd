import type { Client, Schemas } from '../client/index.ts'
import { duration, type Terminal } from './terminal.ts'

export type Run = Schemas['Run']
type LogLine = Schemas['LogLine']

const MAX_BODY = 2000

export const hasFailed = ({ status }: Pick<Run, 'status'>): boolean =>
  status !== 'succeeded' && !['queued', 'running', 'waiting'].includes(status)

export const cut = (body: string): string =>
  body.length > MAX_BODY ? `${body.slice(0, MAX_BODY)}… (${body.length} characters)` : body

export async function showRun({ print, paint }: Terminal, client: Client, run: Run): Promise<void> {
  const { data } = await client.get('/api/runs/{id}/logs', { path: { id: run.id } })
  for (const line of data) print(showLine(paint, line))
  if (run.response !== null) {
    const type = headerOf(run.response.headers, 'content-type')
    print(paint.bold(`${run.response.status}`) + (type === undefined ? '' : paint.dim(` ${type}`)))
    const { body } = run.response
    if (body !== null && body !== '') print(cut(body))
  } else if (run.result !== null) print(run.result)
  if (run.traceback !== null) print(paint.red(run.traceback.trimEnd()))
  // May have advice that the traceback lacks.
  if (run.message !== null && hasFailed(run) && run.traceback?.includes(run.message) !== true)
    print(paint.red(run.message))
  for (const { kind, name, until } of run.waiting_for ?? [])
    print(paint.dim(`waits for ${kind} ${JSON.stringify(name)} until ${until}`))
  for (const { message } of run.warnings) print(paint.yellow(`warning: ${message}`))
  for (const { key, new: value } of run.scratch_changes ?? run.settings_changes)
    print(paint.dim(`settings.${key} = ${value ?? '(deleted or secret)'}`))
  print(summaryOf(paint, run))
}

/** The words of the app. */
const TIMING_WORDS: Readonly<Record<string, string>> = {
  accept: 'accept',
  queue: 'queued',
  start: 'sandbox',
  load: 'imports',
  run: 'your code',
  commit: 'commit',
}

export function summaryOf(
  paint: Terminal['paint'],
  run: Pick<Run, 'id' | 'status' | 'code' | 'duration_ms' | 'timing'>,
): string {
  const colour = hasFailed(run) ? paint.red : paint.green
  const parts = Object.entries(run.timing).map(([name, ms]) => `${TIMING_WORDS[name] ?? name} ${Math.round(ms)}`)
  const timing = parts.length === 0 ? '' : paint.dim(` (${parts.join(', ')})`)
  return `${colour(run.status)}${run.code === null ? '' : ` ${run.code}`} ${run.id} ${duration(run.duration_ms)}${timing}`
}

export function showLine(paint: Terminal['paint'], { at, stream, text }: LogLine): string {
  const shown = stream === 'stdout' ? text : stream === 'stderr' ? paint.yellow(text) : paint.dim(text)
  return `${paint.dim(at.slice(11, 19))} ${shown}`
}

const headerOf = (headers: readonly (readonly string[])[], name: string): string | undefined =>
  headers.find(([key = '']) => key.toLowerCase() === name)?.[1]
