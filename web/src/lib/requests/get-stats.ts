import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, query } from '../api.ts'

export type StatsBucket = {
  starts_at: string
  total: number
  failed: number
  /** There were more runs than the server counts. */
  capped: boolean
  p50_ms: number | null
  p95_ms: number | null
}
export type Stats = { since: string; until: string; bucket_seconds: number; data: StatsBucket[] }
export type TimeSpan = { since: string; until: string }

const BUCKETS = 48
const REFRESH_MS = 5000

/**
 * Runs over a time, of one workflow or of all (null). A number is a time that ends now: then the parts lie on a grid, so
 * that they do not wander while one looks.
 */
export function useStats(workflowId: string | null, time: number | TimeSpan) {
  return useQuery({
    queryKey: ['stats', workflowId, time],
    queryFn: ({ signal }) => {
      const span = typeof time === 'number' ? endingNow(time) : time
      const path = workflowId === null ? '/api/stats' : `/api/workflows/${encodeURIComponent(workflowId)}/stats`
      return api<Stats>(path + query({ ...span, buckets: BUCKETS }), { signal })
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
