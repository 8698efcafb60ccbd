import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'
import { getRuns } from '../../lib/requests/runs/get-runs.ts'

export type Tick = {
  due_at: string
  outcome: 'ran' | 'skipped' | 'missed'
  reason: string | null
  run_id: string | null
}

const AT_ONCE = 8

/** Past ticks, newest first. */
export function useTicks(workflowId: string) {
  return useInfiniteQuery({
    queryKey: ['ticks', workflowId],
    queryFn: ({ pageParam, signal }) => {
      const path = `/api/workflows/${encodeURIComponent(workflowId)}/ticks`
      return api<Page<Tick>>(path + query({ limit: AT_ONCE, cursor: pageParam }), { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 5000,
  })
}

const MAX_RUNS = 50

/** The newest scheduled runs, by id. */
export function useScheduledRuns(workflowId: string) {
  return useQuery({
    queryKey: ['runs', workflowId, 'scheduled'],
    queryFn: async ({ signal }) => {
      const { data } = await getRuns(workflowId, { trigger: 'schedule' }, { limit: MAX_RUNS, cursor: null }, signal)
      return new Map(data.map((run) => [run.id, run]))
    },
    refetchInterval: 5000,
  })
}
