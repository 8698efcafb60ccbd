import { useQuery } from '@tanstack/react-query'
import { api, type Input, type Schemas } from '../../client/api.ts'
import { queryKeys } from '../../client/query-keys.ts'

type RunQuery = NonNullable<Input<'get', '/api/runs'>['query']>
/** `q`: a text in the request, response, error or log. */
export type RunFilter = Pick<
  RunQuery,
  | 'status'
  | 'failing'
  | 'trigger'
  | 'tests'
  | 'replay_of'
  | 'q'
  | 'status_code'
  | 'version'
  | 'min_ms'
  | 'label'
  | 'waiting_for'
  | 'since'
  | 'until'
>

export type RunPage = Schemas['RunPage']

/** Covers lost live events. */
export const POLL_MS = 10_000

/** A null `workflowId` means all. */
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

export function useLastRuns(workflowId: string, limit: number, filter: RunFilter = {}) {
  return useQuery({
    queryKey: queryKeys.lastRuns(workflowId, limit, filter),
    queryFn: ({ signal }) => getRuns(workflowId, filter, { limit, cursor: null }, signal),
    refetchInterval: POLL_MS,
  })
}
