import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'

export function useCancelRun(runId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.post('/api/runs/{id}/cancel', { path: { id: runId } }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.run(runId) }),
  })
}
