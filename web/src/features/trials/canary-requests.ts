import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Answer, api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { updateWorkflow } from '../../lib/requests/update-workflow.ts'

type CanaryBody = Answer<'get', '/api/workflows/{id}/canary'>
export type LastCanary = NonNullable<CanaryBody['last']>
export type Canary = NonNullable<Workflow['canary']>

const LOOK_MS = 2000

export const useCanary = (workflowId: string) =>
  useQuery({
    queryKey: queryKeys.canary(workflowId),
    queryFn: ({ signal }) => api.get('/api/workflows/{id}/canary', { path: { id: workflowId }, signal }),
    refetchInterval: ({ state: { data } }) => (data?.canary != null ? LOOK_MS : false),
  })

export function useSetCanary(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ canary, force }: { canary: Canary; force: boolean }) =>
      updateWorkflow(workflowId, { canary, force }),
    onSettled: () => refresh(client, workflowId),
  })
}

export function useEndCanary(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ how, force }: { how: 'promote' | 'abort'; force: boolean }) =>
      how === 'promote'
        ? api.post('/api/workflows/{id}/canary/promote', { path: { id: workflowId }, body: { force } })
        : api.post('/api/workflows/{id}/canary/abort', { path: { id: workflowId }, body: {} }),
    onSettled: () => refresh(client, workflowId),
  })
}

async function refresh(client: ReturnType<typeof useQueryClient>, workflowId: string): Promise<void> {
  await client.invalidateQueries({ queryKey: queryKeys.canary(workflowId) })
  await client.invalidateQueries({ queryKey: queryKeys.workflow(workflowId) })
  await client.invalidateQueries({ queryKey: queryKeys.versions(workflowId) })
}
