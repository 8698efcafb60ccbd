import { useQuery } from '@tanstack/react-query'
import { ApiError, api } from '../../api.ts'
import { isFinal, MAX_INLINE_BYTES, RUN_TEXTS, type Run } from './run.ts'

export const runPath = (runId: string): string => `/api/runs/${encodeURIComponent(runId)}`

/** One run, without large bodies; asked again and again until it has ended. */
export function useRun(runId: string) {
  return useQuery({
    queryKey: ['run', runId],
    queryFn: ({ signal }) =>
      api<Run>(`${runPath(runId)}?max_body_bytes=${MAX_INLINE_BYTES}`, { signal, keepText: RUN_TEXTS }),
    refetchInterval: ({ state: { data, error } }) => {
      const isOver = data === undefined ? error instanceof ApiError && error.status === 404 : isFinal(data.status)
      return isOver ? false : 1500
    },
  })
}
