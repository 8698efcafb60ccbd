import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

export function useVersion(workflowId: string, number: number | null) {
  return useQuery({
    queryKey: queryKeys.version(workflowId, number),
    queryFn: ({ signal }) => {
      const path = { id: workflowId, number: String(number) }
      return api.get('/api/workflows/{id}/versions/{number}', { path, signal })
    },
    enabled: number !== null,
  })
}
