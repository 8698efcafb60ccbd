import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'

/** An outdated `base` causes a 409. */
export type DeployVersion = { number: number; base: number }

export function useDeployVersion(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ number, base }: DeployVersion) => {
      const path = { id: workflowId, number: String(number) }
      return api.post('/api/workflows/{id}/versions/{number}/deploy', { path, body: { base_deployed: base } })
    },
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.versions(workflowId) }),
        client.invalidateQueries({ queryKey: queryKeys.workflow(workflowId) }),
        client.invalidateQueries({ queryKey: queryKeys.workflows }),
      ])
    },
  })
}
