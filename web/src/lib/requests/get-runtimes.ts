import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Runtime = Schemas['Runtime']

export function useRuntimes() {
  return useQuery({
    queryKey: queryKeys.runtimes,
    queryFn: async ({ signal }) => (await api.get('/api/runtimes', { signal })).data,
    staleTime: 60_000,
  })
}
