import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

export function useNetwork(enabled = true) {
  return useQuery({
    queryKey: queryKeys.network,
    queryFn: ({ signal }) => api.get('/api/network', { signal }),
    enabled,
  })
}
