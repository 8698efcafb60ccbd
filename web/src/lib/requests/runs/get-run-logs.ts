import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, type Page, query } from '../../api.ts'
import { readEvents } from '../../sse.ts'
import type { LogLine } from './run.ts'

const logsPath = (runId: string) => `/api/runs/${encodeURIComponent(runId)}/logs`

/** Lines of a run that has ended. */
export function useRunLogs(runId: string, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ['run-logs', runId],
    queryFn: ({ pageParam, signal }) =>
      api<Page<LogLine>>(logsPath(runId) + query({ limit: 2000, cursor: pageParam }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** All lines of a run that has ended, or those that are stored so far. */
export async function getAllLogs(runId: string): Promise<LogLine[]> {
  const lines: LogLine[] = []
  let cursor: string | null = null
  do {
    const page: Page<LogLine> = await api(logsPath(runId) + query({ limit: 10_000, cursor }))
    lines.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return lines
}

/** Lines of a run under way, as they are written; stops when the run ends or `live` turns false. */
export function useLiveLogs(runId: string, live: boolean): LogLine[] {
  const [lines, setLines] = useState<LogLine[]>([])
  useEffect(() => {
    if (!live) return
    setLines([])
    const controller = new AbortController()
    readEvents(logsPath(runId), controller.signal, ({ data }) => {
      const line = parseLine(data)
      if (line !== null) setLines((before) => [...before, line])
    }).catch(() => {
      // The run's own page polls: when it sees the end, the stored lines take over.
    })
    return () => controller.abort()
  }, [runId, live])
  return lines
}

function parseLine(data: string): LogLine | null {
  const parsed: unknown = JSON.parse(data)
  if (typeof parsed !== 'object' || parsed === null || !('text' in parsed)) return null
  const { at, stream, text } = parsed as LogLine
  return { at, stream, text }
}
