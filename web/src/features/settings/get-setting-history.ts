import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { usePages } from '../../lib/client/use-pages.ts'

export type SettingHistory = Schemas['SettingChange']

export const useSettingHistory = (id: string, key: string) =>
  usePages(queryKeys.settingHistory(id, key), ({ cursor, signal }) =>
    api.get('/api/workflows/{id}/settings/{key}/history', { path: { id, key }, query: { limit: 30, cursor }, signal }),
  )
