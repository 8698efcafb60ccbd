import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'
import { useRows } from '../../../lib/client/use-get.ts'
import type { PutSetting } from '../../../lib/requests/put-setting.ts'

export const useSharedSettings = () => useRows(queryKeys.sharedSettings, ['/api/shared-settings'])

export type SharedSetting = NonNullable<ReturnType<typeof useSharedSettings>['data']>[number]

export const useSharedHistory = (key: string) =>
  useRows(queryKeys.sharedHistory(key), ['/api/shared-settings/{key}/history', { path: { key } }])

export const usePutShared = () =>
  useChange([queryKeys.sharedSettings], ({ key, ...body }: PutSetting) =>
    api.put('/api/shared-settings/{key}', { path: { key }, body }),
  )

export const useRestrictShared = () =>
  useChange([queryKeys.sharedSettings], ({ key, editors }: Pick<SharedSetting, 'key' | 'editors'>) =>
    api.patch('/api/shared-settings/{key}', { path: { key }, body: { editors } }),
  )

export const useDeleteShared = () =>
  useChange([queryKeys.sharedSettings], ({ key, revision }: Pick<SharedSetting, 'key' | 'revision'>) =>
    api.delete('/api/shared-settings/{key}', { path: { key }, query: { base_revision: revision } }),
  )
