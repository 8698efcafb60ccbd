import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'

export function useDeleteSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ key, revision }: Setting) => {
      const path = { id: workflowId, key }
      return api.delete('/api/workflows/{id}/settings/{key}', { path, query: { base_revision: revision } })
    },
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.settings(workflowId) }),
  })
}
