import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { usePages } from '../../lib/client/use-pages.ts'
import { getRuns } from '../../lib/requests/runs/get-runs.ts'

export type Tick = Schemas['Tick']

const AT_ONCE = 8

export const useTicks = (id: string) =>
  usePages(
    queryKeys.ticks(id),
    ({ cursor, signal }) =>
      api.get('/api/workflows/{id}/ticks', { path: { id }, query: { limit: AT_ONCE, cursor }, signal }),
    { refetchInterval: 5000 },
  )

const MAX_RUNS = 50

export function useScheduledRuns(workflowId: string) {
  return useQuery({
    queryKey: queryKeys.scheduledRuns(workflowId),
    queryFn: async ({ signal }) => {
      const { data } = await getRuns(workflowId, { trigger: 'schedule' }, { limit: MAX_RUNS, cursor: null }, signal)
      return new Map(data.map((run) => [run.id, run]))
    },
    refetchInterval: 5000,
  })
}
