import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Stats = Schemas['RunStats']
export type StatsBucket = Stats['data'][number]
export type TimeSpan = { since: string; until: string }

const BUCKETS = 48
const REFRESH_MS = 5000

/** A number is a duration up to now. */
export function useStats(workflowId: string | null, time: number | TimeSpan) {
  return useQuery({
    queryKey: queryKeys.stats(workflowId, time),
    queryFn: ({ signal }) => {
      const span = typeof time === 'number' ? endingNow(time) : time
      const input = { query: { ...span, buckets: BUCKETS }, signal }
      if (workflowId === null) return api.get('/api/stats', input)
      return api.get('/api/workflows/{id}/stats', { path: { id: workflowId }, ...input })
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  })
}

function endingNow(ms: number): TimeSpan {
  const width = ms / BUCKETS
  const until = Math.ceil(Date.now() / width) * width
  return { since: new Date(until - ms).toISOString(), until: new Date(until).toISOString() }
}
