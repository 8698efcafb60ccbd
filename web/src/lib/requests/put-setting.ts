import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

/** Its `value` is JSON text. When the revision is not `base_revision` (0: none) any more, the answer is 409. */
export type PutSetting = Schemas['SettingPut'] & { key: string }

export const putSetting = (id: string, { key, ...body }: PutSetting): Promise<Schemas['Setting']> =>
  api.put('/api/workflows/{id}/settings/{key}', { path: { id, key }, body })

export function usePutSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setting: PutSetting) => putSetting(workflowId, setting),
    // After a refusal too: what another person wrote must be seen. Awaited, because a change that follows at once would
    // name the old revision and be refused.
    onSettled: async () => {
      void client.invalidateQueries({ queryKey: queryKeys.settingHistory(workflowId) })
      await client.invalidateQueries({ queryKey: queryKeys.settings(workflowId) })
    },
  })
}
