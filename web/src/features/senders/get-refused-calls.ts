import { useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'
import type { HeaderList } from '../../lib/requests/runs/run.ts'

export type RefusedCall = {
  id: string
  at: string
  reason: 'address' | 'missing' | 'malformed' | 'stale' | 'mismatch'
  detail: string
  address: string
  headers: HeaderList
  body_bytes: number
}

export function useRefusedCalls(workflowId: string, limit: number) {
  return useQuery({
    queryKey: ['refused-calls', workflowId, limit],
    queryFn: ({ signal }) =>
      api<Page<RefusedCall>>(`/api/workflows/${encodeURIComponent(workflowId)}/refused-calls${query({ limit })}`, {
        signal,
      }),
    refetchInterval: 5000,
  })
}
