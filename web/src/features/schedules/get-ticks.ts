import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { getRuns } from '../../lib/requests/runs/get-runs.ts'

export type Tick = Schemas['Tick']

const AT_ONCE = 8

export function useTicks(workflowId: string) {
  return useInfiniteQuery({
    queryKey: queryKeys.ticks(workflowId),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: AT_ONCE, cursor: pageParam }
      return api.get('/api/workflows/{id}/ticks', { path: { id: workflowId }, query, signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 5000,
  })
}

const MAX_RUNS = 50

export function useScheduledRuns(workflowId: string) {
  return useQuery({
    queryKey: queryKeys.scheduledRuns(workflowId),
    queryFn: async ({ signal }) => {
      const { data } = await getRuns(workflowId, { trigger: 'schedule' }, { limit: MAX_RUNS, cursor: null }, signal)
      return new Map(data.map((run) => [run.id, run]))
    },
    refetchInterval: 5000,
  })
}
