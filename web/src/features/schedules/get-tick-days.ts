import { useQuery } from '@tanstack/react-query'
import { api, query } from '../../lib/api.ts'

export type TickDay = { starts_at: string; ran: number; skipped: number; missed: number; failed: number }
export type TickDays = { timezone: string; data: TickDay[] }

const REFRESH_MS = 30_000

/** The tick outcomes of each of the last days, in the schedule's time zone or in `timezone`. */
export function useTickDays(workflowId: string, days: number, timezone: string) {
  return useQuery({
    queryKey: ['ticks', workflowId, 'days', days, timezone],
    queryFn: ({ signal }) => {
      const path = `/api/workflows/${encodeURIComponent(workflowId)}/tick-days`
      return api<TickDays>(path + query({ days, timezone }), { signal })
    },
    refetchInterval: REFRESH_MS,
  })
}
