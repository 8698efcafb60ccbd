import { useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../api.ts'
import type { RunStatus, RunSummary, Trigger } from './run.ts'

export type RunFilter = {
  status?: RunStatus | null
  /** All that went wrong, whatever its state. */
  failing?: true | null
  trigger?: Trigger | null
  /** Only replays of this run. */
  replay_of?: string
  /** A text in the request, answer, error or log. */
  q?: string
  since?: string | null
  until?: string | null
}

/** A page of a search also tells how far back it has looked. */
export type RunPage = Page<RunSummary> & { searched_back_to?: string | null }

/** Stands behind the live events, in case they don't come through. */
export const POLL_MS = 10_000

/** One page of runs of a workflow, or of all (null), newest first. */
export const getRuns = (
  workflowId: string | null,
  filter: RunFilter,
  page: { limit: number; cursor: string | null },
  signal?: AbortSignal,
): Promise<RunPage> => api<RunPage>(runsPath(workflowId) + query({ ...filter, ...page }), { signal })

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
