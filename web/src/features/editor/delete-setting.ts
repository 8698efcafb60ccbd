import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/api.ts'
import { settingPath } from '../../lib/requests/get-settings.ts'

export function useDeleteSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (key: string) => api(settingPath(workflowId, key), { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['settings', workflowId] }),
  })
}
