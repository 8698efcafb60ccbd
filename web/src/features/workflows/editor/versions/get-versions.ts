import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api } from '../../../../lib/api.ts'
import { queryKeys } from '../../../../lib/query-keys.ts'

/** A fallback for the live events, so that versions saved by other people appear in any case. */
const POLL_MS = 10_000

const getVersions = (id: string, query: { limit: number; cursor?: string | null }, signal: AbortSignal) =>
  api.get('/api/workflows/{id}/versions', { path: { id }, query, signal })

/** Versions, newest first. */
export function useVersions(workflowId: string) {
  return useInfiniteQuery({
    queryKey: queryKeys.versions(workflowId),
    queryFn: ({ pageParam, signal }) => getVersions(workflowId, { limit: 20, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}

/** The newest version; null when none is saved yet. */
export function useNewestVersion(workflowId: string) {
  return useQuery({
    queryKey: queryKeys.newestVersion(workflowId),
    queryFn: async ({ signal }) => (await getVersions(workflowId, { limit: 1 }, signal)).data[0] ?? null,
    refetchInterval: POLL_MS,
  })
}
