import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'
import { runPath } from '../../../lib/requests/runs/get-run.ts'

export function useCancelRun(runId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api(`${runPath(runId)}/cancel`, { method: 'POST', body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey: ['run', runId] }),
  })
}
