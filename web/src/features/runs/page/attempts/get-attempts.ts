import { useQuery } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import type { RunSummary } from '../../../../lib/requests/runs/run.ts'

/** First to last. Only background runs and durable ones have more than one. */
export function useAttempts(run: RunSummary) {
  return useQuery({
    queryKey: queryKeys.attempts(run.id),
    queryFn: async ({ signal }) => (await api.get('/api/runs/{id}/attempts', { path: { id: run.id }, signal })).data,
    enabled: run.not_before !== null || run.durable,
  })
}
