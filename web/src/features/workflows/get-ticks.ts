import { useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'

export type Tick = {
  due_at: string
  outcome: 'ran' | 'skipped' | 'missed'
  reason: string | null
  run_id: string | null
}

export function useTicks(workflowId: string, limit: number) {
  return useQuery({
    queryKey: ['ticks', workflowId, limit],
    queryFn: ({ signal }) =>
      api<Page<Tick>>(`/api/workflows/${encodeURIComponent(workflowId)}/ticks${query({ limit })}`, { signal }),
    refetchInterval: 5000,
  })
}
