import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/api.ts'
import { queryKeys } from '../../lib/query-keys.ts'

export type RefusedCall = Schemas['RefusedCall']

export function useRefusedCalls(workflowId: string, limit: number) {
  return useQuery({
    queryKey: queryKeys.refusedCalls(workflowId, limit),
    queryFn: ({ signal }) =>
      api.get('/api/workflows/{id}/refused-calls', { path: { id: workflowId }, query: { limit }, signal }),
    refetchInterval: 5000,
  })
}
