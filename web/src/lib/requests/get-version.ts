import { useQuery } from '@tanstack/react-query'
import { api } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { BUILD_POLL_MS } from './environments.ts'

export function useVersion(workflowId: string, number: number | null) {
  return useQuery({
    queryKey: queryKeys.version(workflowId, number),
    queryFn: ({ signal }) => {
      const path = { id: workflowId, number: String(number) }
      return api.get('/api/workflows/{id}/versions/{number}', { path, signal })
    },
    enabled: number !== null,
    refetchInterval: ({ state }) => (state.data?.environment?.status === 'building' ? BUILD_POLL_MS : false),
  })
}
