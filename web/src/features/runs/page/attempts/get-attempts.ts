import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useRows } from '../../../../lib/client/use-get.ts'
import type { RunSummary } from '../../../../lib/requests/runs/run.ts'

/** First to last. Only background runs and durable ones have more than one. */
export const useAttempts = (run: RunSummary) =>
  useRows(queryKeys.attempts(run.id), ['/api/runs/{id}/attempts', { path: { id: run.id } }], {
    enabled: run.not_before !== null || run.durable,
  })
