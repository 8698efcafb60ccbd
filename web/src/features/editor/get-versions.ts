import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, query, type Page } from '../../lib/api.ts'
import { versionsPath, type Version } from '../../lib/requests/create-version.ts'

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

export function useVersion(workflowId: string, number: number | null) {
  return useQuery({
    queryKey: ['versions', workflowId, number],
    queryFn: ({ signal }) => api<Version>(`${versionsPath(workflowId)}/${number}`, { signal }),
    enabled: number !== null,
  })
}
