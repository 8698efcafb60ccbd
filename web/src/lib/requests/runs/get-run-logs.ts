import { useEffect, useState } from 'react'
import { api, type StreamEvent } from '../../client/api.ts'
import { queryKeys } from '../../client/query-keys.ts'
import { PreemptedError, readStream } from '../../client/read-stream.ts'
import { usePages } from '../../client/use-pages.ts'
import type { LogLine } from './run.ts'

type LogEvent = StreamEvent<'/api/runs/{id}/logs'>

const AT_ONCE = 10_000

const getLogs = (id: string, cursor: string | null, signal?: AbortSignal) =>
  api.get('/api/runs/{id}/logs', { path: { id }, query: { limit: AT_ONCE, cursor }, signal })

export const useRunLogs = (runId: string, enabled: boolean) =>
  usePages(queryKeys.runLogs(runId), ({ cursor, signal }) => getLogs(runId, cursor, signal), {
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  })

export async function getAllLogs(runId: string): Promise<LogLine[]> {
  const lines: LogLine[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof getLogs>> = await getLogs(runId, cursor)
    lines.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return lines
}

/** The end of the run shows all lines. */
const MAX_LIVE = 20_000

export type LiveLogs = {
  readonly lines: readonly LogLine[]
  readonly left: number
  /** Resumes with the tab's focus. */
  readonly isPaused: boolean
}

const NO_LINES: LiveLogs = { lines: [], left: 0, isPaused: false }

export function useLiveLogs(runId: string, live: boolean): LiveLogs {
  const [logs, setLogs] = useState(NO_LINES)
  useEffect(() => {
    if (!live) return
    const controller = new AbortController()
    const read = () => {
      setLogs(NO_LINES)
      const onEvents = (events: readonly LogEvent[]) => setLogs((now) => append(now, events.flatMap(linesOf)))
      const options = { signal: controller.signal, onEvents }
      readStream('/api/runs/{id}/logs', options, { path: { id: runId } }).catch((error: unknown) => {
        // Stored lines replace these.
        if (!(error instanceof PreemptedError) || controller.signal.aborted) return
        setLogs((now) => ({ ...now, isPaused: true }))
        window.addEventListener('focus', read, { once: true, signal: controller.signal })
      })
    }
    read()
    return () => controller.abort()
  }, [runId, live])
  return logs
}

function append({ lines, left, isPaused }: LiveLogs, added: readonly LogLine[]): LiveLogs {
  const all = [...lines, ...added]
  const cut = Math.max(0, all.length - MAX_LIVE)
  return { lines: cut === 0 ? all : all.slice(cut), left: left + cut, isPaused }
}

const linesOf = (event: LogEvent): LogLine[] => (event.event === 'line' ? [event.data] : [])
