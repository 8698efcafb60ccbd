import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../client/query-keys.ts'
import { getRuns } from './get-runs.ts'
import type { RunSummary, Trigger } from './run.ts'

/** A call responds only at its run's end. */
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
