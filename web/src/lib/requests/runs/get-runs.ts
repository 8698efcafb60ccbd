import { useQuery } from '@tanstack/react-query'
import { api, type Input, type Schemas } from '../../api.ts'
import { queryKeys } from '../../query-keys.ts'

type RunQuery = NonNullable<Input<'get', '/api/runs'>['query']>
/** `failing`: all that went wrong; `q`: a text in the request, answer, error or log. */
export type RunFilter = Pick<
  RunQuery,
  | 'status'
  | 'failing'
  | 'trigger'
  | 'replay_of'
  | 'q'
  | 'status_code'
  | 'version'
  | 'min_ms'
  | 'label'
  | 'since'
  | 'until'
>

/** A page of a search also says how far back it has looked. */
export type RunPage = Schemas['RunPage']

/** For live events that get lost. */
export const POLL_MS = 10_000

/** One page of runs of a workflow, or of all (null), newest first. */
export function getRuns(
  workflowId: string | null,
  filter: RunFilter,
  page: { limit: number; cursor: string | null },
  signal?: AbortSignal,
): Promise<RunPage> {
  const input = { query: { ...filter, ...page }, signal }
  if (workflowId === null) return api.get('/api/runs', input)
  return api.get('/api/workflows/{id}/runs', { path: { id: workflowId }, ...input })
}

/** The newest few runs, for a glance. */
export function useLastRuns(workflowId: string, limit: number) {
  return useQuery({
    queryKey: queryKeys.lastRuns(workflowId, limit),
    queryFn: ({ signal }) => getRuns(workflowId, {}, { limit, cursor: null }, signal),
    refetchInterval: POLL_MS,
  })
}
