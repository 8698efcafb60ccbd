import { useQuery } from '@tanstack/react-query'
import { type Answer, api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type Operation = Answer<'get', '/api/system/operation'>

/** Servers report every ten seconds. */
export function useOperation() {
  return useQuery({
    queryKey: queryKeys.operation,
    queryFn: ({ signal }) => api.get('/api/system/operation', { signal }),
    refetchInterval: 10_000,
  })
}
