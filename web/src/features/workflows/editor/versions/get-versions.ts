import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../../../lib/api.ts'
import { type Version, versionsPath } from '../../../../lib/requests/create-version.ts'

/** A fallback for the live events, so that versions saved by other people appear in any case. */
const POLL_MS = 10_000

/** Versions, newest first. */
export function useVersions(workflowId: string) {
  return useInfiniteQuery({
    queryKey: ['versions', workflowId],
    queryFn: ({ pageParam, signal }) =>
      api<Page<Version>>(versionsPath(workflowId) + query({ limit: 20, cursor: pageParam }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}

/** The newest version; null when none is saved yet. */
export function useNewestVersion(workflowId: string) {
  return useQuery({
    queryKey: ['versions', workflowId, 'newest'],
    queryFn: async ({ signal }) =>
      (await api<Page<Version>>(versionsPath(workflowId) + query({ limit: 1 }), { signal })).data[0] ?? null,
    refetchInterval: POLL_MS,
  })
}
