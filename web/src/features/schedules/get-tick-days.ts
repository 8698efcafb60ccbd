import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type TickDay = Schemas['TickDay']

const REFRESH_MS = 30_000

export function useTickDays(workflowId: string, days: number, timezone: string) {
  return useQuery({
    queryKey: queryKeys.tickDays(workflowId, days, timezone),
    queryFn: ({ signal }) => {
      const input = { path: { id: workflowId }, query: { days, timezone }, signal }
      return api.get('/api/workflows/{id}/tick-days', input)
    },
    refetchInterval: REFRESH_MS,
  })
}
