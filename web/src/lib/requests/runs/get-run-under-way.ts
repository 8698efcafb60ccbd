import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../client/query-keys.ts'
import { getRuns } from './get-runs.ts'
import type { RunSummary, Trigger } from './run.ts'

/** Calls that start a run respond only at its end, so a page finds a slow run with this query. */
export function useRunUnderWay(workflowId: string, trigger: Trigger, enabled: boolean): RunSummary | undefined {
  const running = useQuery({
    queryKey: queryKeys.runUnderWay(workflowId, trigger),
    queryFn: ({ signal }) => getRuns(workflowId, { trigger, status: 'running' }, { limit: 1, cursor: null }, signal),
    refetchInterval: 700,
    staleTime: 0,
    gcTime: 0,
    enabled,
  })
  return enabled ? running.data?.data[0] : undefined
}
