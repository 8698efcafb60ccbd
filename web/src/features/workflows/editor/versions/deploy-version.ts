import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../../lib/api.ts'
import { type Version, versionsPath } from '../../../../lib/requests/create-version.ts'
import { workflowKey } from '../../../../lib/requests/get-workflow.ts'

/** `base`: the version that is deployed as far as the page knows, 0 for none; when it is another, the answer is 409. */
export type DeployVersion = { number: number; base: number }

export function useDeployVersion(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ number, base }: DeployVersion) =>
      api<Version>(`${versionsPath(workflowId)}/${number}/deploy`, { method: 'POST', body: { base_deployed: base } }),
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['versions', workflowId] }),
        client.invalidateQueries({ queryKey: workflowKey(workflowId) }),
        client.invalidateQueries({ queryKey: ['workflows'] }),
      ])
    },
  })
}
