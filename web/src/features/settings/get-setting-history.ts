import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type SettingHistory = Schemas['SettingChange']

export function useSettingHistory(workflowId: string, key: string) {
  return useInfiniteQuery({
    queryKey: queryKeys.settingHistory(workflowId, key),
    queryFn: ({ pageParam, signal }) => {
      const input = { path: { id: workflowId, key }, query: { limit: 30, cursor: pageParam }, signal }
      return api.get('/api/workflows/{id}/settings/{key}/history', input)
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}
