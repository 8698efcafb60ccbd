import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../api.ts'
import type { JsonText } from '../json-text.ts'

export type Actor = { type: 'run' | 'person' | 'api_key'; id: string; name: string }
export type Setting = {
  key: string
  /** Null when the value is secret, or is JSON's null. */
  value: JsonText | null
  secret: boolean
  /** Grows with every change: what a change is based on. */
  revision: number
  updated_at: string
  updated_by: Actor | null
}

const VALUES: ReadonlySet<string> = new Set(['value'])

const settingsPath = (workflowId: string): string => `/api/workflows/${encodeURIComponent(workflowId)}/settings`
export const settingPath = (workflowId: string, key: string): string =>
  `${settingsPath(workflowId)}/${encodeURIComponent(key)}`

export function useSettings(workflowId: string) {
  return useInfiniteQuery({
    queryKey: ['settings', workflowId],
    queryFn: ({ pageParam, signal }) =>
      api<Page<Setting>>(settingsPath(workflowId) + query({ limit: 200, cursor: pageParam }), {
        signal,
        keepText: VALUES,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 10_000,
  })
}
