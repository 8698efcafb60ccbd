import type { Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'

export type RefusedCall = Schemas['RefusedCall']

export const useRefusedCalls = (workflowId: string, limit: number) =>
  useGet(
    queryKeys.refusedCalls(workflowId, limit),
    ['/api/workflows/{id}/refused-calls', { path: { id: workflowId }, query: { limit } }],
    { refetchInterval: 5000 },
  )
