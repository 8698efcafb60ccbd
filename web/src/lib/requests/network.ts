import { useQuery } from '@tanstack/react-query'
import { api } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export function useNetwork(enabled = true) {
  return useQuery({
    queryKey: queryKeys.network,
    queryFn: ({ signal }) => api.get('/api/network', { signal }),
    enabled,
  })
}
