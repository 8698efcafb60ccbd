import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../api.ts'
import type { RunStatus, RunSummary, Trigger } from './run.ts'

export type RunFilter = { status?: RunStatus | null; trigger?: Trigger | null }

/** Stands behind the live events, in case they don't come through. */
const POLL_MS = 10_000

/** Runs of one workflow, or of all (null), newest first. */
export function useRuns(workflowId: string | null, filter: RunFilter) {
  return useInfiniteQuery({
    queryKey: ['runs', workflowId, filter],
    queryFn: ({ pageParam, signal }) =>
      api<Page<RunSummary>>(runsPath(workflowId) + query({ ...filter, limit: 50, cursor: pageParam }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  })
}

/** The newest few runs, for a glance. */
export function useLastRuns(workflowId: string, limit: number) {
  return useQuery({
    queryKey: ['runs', workflowId, 'last', limit],
    queryFn: ({ signal }) => api<Page<RunSummary>>(runsPath(workflowId) + query({ limit }), { signal }),
    refetchInterval: POLL_MS,
  })
}

export const runsPath = (workflowId: string | null): string =>
  workflowId === null ? '/api/runs' : `/api/workflows/${encodeURIComponent(workflowId)}/runs`
