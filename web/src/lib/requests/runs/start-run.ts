import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../../client/api.ts'
import { queryKeys } from '../../client/query-keys.ts'
import type { Run } from './run.ts'

export type StartRun = Schemas['RunCreate']

/** Resolves while the run is queued. */
export const startInBackground = (workflowId: string): Promise<Run> =>
  api.post('/api/workflows/{id}/runs', { path: { id: workflowId }, body: {}, headers: { prefer: 'respond-async' } })

export function useStartRun(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: StartRun) => api.post('/api/workflows/{id}/runs', { path: { id: workflowId }, body }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: queryKeys.runs })
      void client.invalidateQueries({ queryKey: queryKeys.settings(workflowId) })
    },
  })
}
