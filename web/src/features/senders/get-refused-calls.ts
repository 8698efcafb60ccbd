import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type RefusedCall = Schemas['RefusedCall']

export function useRefusedCalls(workflowId: string, limit: number) {
  return useQuery({
    queryKey: queryKeys.refusedCalls(workflowId, limit),
    queryFn: ({ signal }) =>
      api.get('/api/workflows/{id}/refused-calls', { path: { id: workflowId }, query: { limit }, signal }),
    refetchInterval: 5000,
  })
}
