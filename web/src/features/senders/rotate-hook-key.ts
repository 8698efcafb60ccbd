import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'

export const useRotateHookKey = (workflowId: string) =>
  useChange([queryKeys.workflow(workflowId)], () =>
    api.post('/api/workflows/{id}/hook-key', { path: { id: workflowId } }),
  )
