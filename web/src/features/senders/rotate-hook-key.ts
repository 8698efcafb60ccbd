import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/api.ts'
import { workflowKey } from '../../lib/requests/get-workflow.ts'

export function useRotateHookKey(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api(`/api/workflows/${encodeURIComponent(workflowId)}/hook-key`, { method: 'POST', body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: workflowKey(workflowId) }),
  })
}
