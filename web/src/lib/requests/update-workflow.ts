import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import type { Schedule, Workflow } from './get-workflow.ts'

/** Sent in another form than shown. */
type Sent = 'allowed_ips' | 'methods' | 'sender_check'
type Patch = Schemas['WorkflowPatch']
export type WorkflowChanges = Partial<Omit<Pick<Workflow, keyof Workflow & keyof Patch>, 'schedule' | Sent>> &
  Pick<Patch, Sent> & { schedule?: Schedule | null }

export const updateWorkflow = (id: string, body: Schemas['WorkflowPatch']): Promise<Workflow> =>
  api.patch('/api/workflows/{id}', { path: { id }, body })

export const deleteWorkflow = (id: string): Promise<undefined> => api.delete('/api/workflows/{id}', { path: { id } })

export function useUpdateWorkflow(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (changes: WorkflowChanges) => updateWorkflow(id, changes),
    onSuccess: (workflow) => {
      client.setQueryData(queryKeys.workflow(id), workflow)
      void client.invalidateQueries({ queryKey: queryKeys.workflows })
      void client.invalidateQueries({ queryKey: queryKeys.workflow(id) })
      void client.invalidateQueries({ queryKey: queryKeys.ticks(id) })
    },
  })
}
