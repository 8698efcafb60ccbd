import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Actor = Schemas['Actor']
/** `value` is JSON text. Null if it is secret, or JSON's null. */
export type Setting = Schemas['Setting']

export function useSettings(workflowId: string) {
  return useInfiniteQuery({
    queryKey: queryKeys.settings(workflowId),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 200, cursor: pageParam }
      return api.get('/api/workflows/{id}/settings', { path: { id: workflowId }, query, signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 10_000,
  })
}
