import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'
import type { JsonText } from '../../lib/json-text.ts'
import { type Actor, settingPath } from '../../lib/requests/get-settings.ts'
import { RUN_TEXTS } from '../../lib/requests/runs/run.ts'

export type SettingHistory = { at: string; old: JsonText | null; new: JsonText | null; by: Actor | null }

export function useSettingHistory(workflowId: string, key: string) {
  return useInfiniteQuery({
    queryKey: ['setting-history', workflowId, key],
    queryFn: ({ pageParam, signal }) =>
      api<Page<SettingHistory>>(`${settingPath(workflowId, key)}/history${query({ limit: 30, cursor: pageParam })}`, {
        signal,
        keepText: RUN_TEXTS,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}
