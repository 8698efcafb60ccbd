import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

/** An outdated `base_revision` (0 for none) causes a 409. */
export type PutSetting = Schemas['SettingPut'] & { key: string }

export const putSetting = (id: string, { key, ...body }: PutSetting): Promise<Schemas['Setting']> =>
  api.put('/api/workflows/{id}/settings/{key}', { path: { id, key }, body })

export function usePutSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setting: PutSetting) => putSetting(workflowId, setting),
    // The next change needs the new revision.
    onSettled: async () => {
      void client.invalidateQueries({ queryKey: queryKeys.settingHistory(workflowId) })
      await client.invalidateQueries({ queryKey: queryKeys.settings(workflowId) })
    },
  })
}
