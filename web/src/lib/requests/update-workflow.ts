import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../api.ts'
import { type Delivery, type SenderCheck, type Workflow, workflowKey } from './get-workflow.ts'

export type WorkflowChanges = Partial<
  Pick<
    Workflow,
    | 'name'
    | 'description'
    | 'runtime'
    | 'timeout_seconds'
    | 'max_concurrency'
    | 'isolation'
    | 'body_limit_bytes'
    | 'retention_days'
    | 'retention_bytes'
    | 'schedule'
    | keyof Delivery
    | 'enabled'
    | 'archived'
    | 'allowed_ips'
    | 'rate_limit'
  >
> & {
  /** Secrets are written and never read. */
  sender_check?: SenderCheck & { secret?: string; previous_secret?: string | null }
}

export function useUpdateWorkflow(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (changes: WorkflowChanges) =>
      api<Workflow>(`/api/workflows/${encodeURIComponent(id)}`, { method: 'PATCH', body: changes }),
    onSuccess: (workflow) => {
      client.setQueryData(workflowKey(id), workflow)
      void client.invalidateQueries({ queryKey: ['workflows'] })
      void client.invalidateQueries({ queryKey: workflowKey(id) })
      // What ticks next depends on most of it.
      void client.invalidateQueries({ queryKey: ['ticks', id] })
    },
  })
}
