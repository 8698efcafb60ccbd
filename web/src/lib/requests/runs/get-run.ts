import { useQuery } from '@tanstack/react-query'
import { ApiError, api } from '../../client/api.ts'
import { queryKeys } from '../../client/query-keys.ts'
import { isFinal, MAX_INLINE_BYTES, type Run } from './run.ts'

export const getRun = (id: string, signal?: AbortSignal): Promise<Run> =>
  api.get('/api/runs/{id}', { path: { id }, query: { max_body_bytes: MAX_INLINE_BYTES }, signal })

/** Omits large bodies. An empty id sends no request. */
export function useRun(runId: string) {
  return useQuery({
    queryKey: queryKeys.run(runId),
    enabled: runId !== '',
    queryFn: ({ signal }) => getRun(runId, signal),
    refetchInterval: ({ state: { data, error } }) => {
      const isOver = data === undefined ? error instanceof ApiError && error.status === 404 : isFinal(data.status)
      return isOver ? false : 1500
    },
  })
}
