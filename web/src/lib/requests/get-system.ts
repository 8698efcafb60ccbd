import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

/** Without a sign-in, the server says its version and whether it has an owner, and nothing else. */
export function useSystem() {
  return useQuery({
    queryKey: queryKeys.system,
    queryFn: ({ signal }) => api.get('/api/system', { signal }),
    staleTime: 60_000,
  })
}
