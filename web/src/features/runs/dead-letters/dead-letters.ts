import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Page, query } from '../../../lib/api.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'

/** Dead letters of one workflow with the same error. */
export type DeadGroup = {
  id: string
  workflow_id: string
  workflow_name: string
  code: string | null
  message: string | null
  count: number
  first_at: string
  last_at: string
  last_run_id: string
}

/** Not refreshed by events: grouping all dead letters is expensive for the server. */
const REFRESH_MS = 3000

const groupPath = (id: string): string => `/api/dead-letters/${encodeURIComponent(id)}`

export function useDeadGroups() {
  return useInfiniteQuery({
    queryKey: ['dead-letters'],
    refetchInterval: REFRESH_MS,
    queryFn: ({ pageParam, signal }) =>
      api<Page<DeadGroup>>(`/api/dead-letters${query({ cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
}

/** The newest runs of a group. */
export function useDeadRuns(id: string) {
  return useQuery({
    queryKey: ['dead-letters', id],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => (await api<Page<RunSummary>>(`${groupPath(id)}/runs`, { signal })).data,
  })
}

/** Replays one run of a group, or all of them (null). */
export function useReplayDead(id: string) {
  return useDecision<{ replayed: number; remaining: number }>(`${groupPath(id)}/replay`)
}

export function useDismissDead(id: string) {
  return useDecision<{ dismissed: number }>(`${groupPath(id)}/dismiss`)
}

function useDecision<T>(path: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (runId: string | null) =>
      api<T>(path, { method: 'POST', body: runId === null ? {} : { run_id: runId } }),
    // Also after an error: another person may have acted first.
    onSettled: () => client.invalidateQueries({ queryKey: ['dead-letters'] }),
  })
}
