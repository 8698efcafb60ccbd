import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export function useRotateHookKey(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.post('/api/workflows/{id}/hook-key', { path: { id: workflowId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.workflow(workflowId) }),
  })
}
