import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/api.ts'
import { type Version, versionsPath } from '../../lib/requests/create-version.ts'
import { workflowKey } from '../../lib/requests/get-workflow.ts'

export function useDeployVersion(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (number: number) =>
      api<Version>(`${versionsPath(workflowId)}/${number}/deploy`, { method: 'POST', body: {} }),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['versions', workflowId] }),
        client.invalidateQueries({ queryKey: workflowKey(workflowId) }),
        client.invalidateQueries({ queryKey: ['workflows'] }),
      ])
    },
  })
}
