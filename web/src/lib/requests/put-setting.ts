import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { useChange } from '../client/use-change.ts'

/** An outdated `base_revision` (0 for none) causes a 409. */
export type PutSetting = Schemas['SettingPut'] & { key: string }

export const putSetting = (id: string, { key, ...body }: PutSetting): Promise<Schemas['Setting']> =>
  api.put('/api/workflows/{id}/settings/{key}', { path: { id, key }, body })

/** The next change needs the new revision. */
export const usePutSetting = (workflowId: string) =>
  useChange([queryKeys.settings(workflowId), queryKeys.settingHistory(workflowId)], (setting: PutSetting) =>
    putSetting(workflowId, setting),
  )
