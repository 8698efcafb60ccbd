import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'

export const useCancelRun = (runId: string) =>
  useChange([queryKeys.run(runId)], () => api.post('/api/runs/{id}/cancel', { path: { id: runId } }))
