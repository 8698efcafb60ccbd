import { type Answer, api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useGet } from '../../lib/client/use-get.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { updateWorkflow } from '../../lib/requests/update-workflow.ts'

type CanaryBody = Answer<'get', '/api/workflows/{id}/canary'>
export type LastCanary = NonNullable<CanaryBody['last']>
export type Canary = NonNullable<Workflow['canary']>

const LOOK_MS = 2000

export const useCanary = (workflowId: string) =>
  useGet(queryKeys.canary(workflowId), ['/api/workflows/{id}/canary', { path: { id: workflowId } }], {
    refetchInterval: ({ state: { data } }) => (data?.canary != null ? LOOK_MS : false),
  })

export function useSetCanary(workflowId: string) {
  return useChange(shownIn(workflowId), ({ canary, force }: { canary: Canary; force: boolean }) =>
    updateWorkflow(workflowId, { canary, force }),
  )
}

export function useEndCanary(workflowId: string) {
  return useChange(shownIn(workflowId), ({ how, force }: { how: 'promote' | 'abort'; force: boolean }) =>
    how === 'promote'
      ? api.post('/api/workflows/{id}/canary/promote', { path: { id: workflowId }, body: { force } })
      : api.post('/api/workflows/{id}/canary/abort', { path: { id: workflowId }, body: {} }),
  )
}

const shownIn = (workflowId: string) => [
  queryKeys.canary(workflowId),
  queryKeys.workflow(workflowId),
  queryKeys.versions(workflowId),
]
