import { queryKeys } from '../client/query-keys.ts'
import { useGet } from '../client/use-get.ts'
import { BUILD_POLL_MS } from './environments.ts'

export const useVersion = (workflowId: string, number: number | null) =>
  useGet(
    queryKeys.version(workflowId, number),
    ['/api/workflows/{id}/versions/{number}', { path: { id: workflowId, number: String(number) } }],
    {
      enabled: number !== null,
      refetchInterval: ({ state }) => (state.data?.environment?.status === 'building' ? BUILD_POLL_MS : false),
    },
  )
