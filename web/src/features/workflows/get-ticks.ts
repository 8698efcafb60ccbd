import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'

export type Tick = {
  due_at: string
  outcome: 'ran' | 'skipped' | 'missed'
  reason: string | null
  run_id: string | null
}

const AT_ONCE = 8

/** The record of due ticks, newest first. */
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
