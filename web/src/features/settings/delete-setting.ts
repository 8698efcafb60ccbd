import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, query } from '../../lib/api.ts'
import { type Setting, settingPath } from '../../lib/requests/get-settings.ts'

export function useDeleteSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ key, revision }: Setting) =>
      api(settingPath(workflowId, key) + query({ base_revision: revision }), { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['settings', workflowId] }),
  })
}
