import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'
import { type Version, versionsPath } from '../../lib/requests/create-version.ts'

/** Versions, newest first. */
export function useVersions(workflowId: string) {
  return useInfiniteQuery({
    queryKey: ['versions', workflowId],
    queryFn: ({ pageParam, signal }) =>
      api<Page<Version>>(versionsPath(workflowId) + query({ limit: 20, cursor: pageParam }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // What somebody else saves must not stay unseen.
    refetchInterval: 10_000,
  })
}
