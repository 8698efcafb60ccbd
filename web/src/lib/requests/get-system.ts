import { useQuery } from '@tanstack/react-query'
import { api } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

/** Without a sign-in: only the version and whether there is an owner. */
export function useSystem() {
  return useQuery({
    queryKey: queryKeys.system,
    queryFn: ({ signal }) => api.get('/api/system', { signal }),
    staleTime: 60_000,
  })
}
