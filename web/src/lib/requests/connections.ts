import { useQuery } from '@tanstack/react-query'
import { type Answer, api } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Connection = Answer<'get', '/api/connections'>['data'][number]

export function useConnections(enabled = true) {
  return useQuery({
    queryKey: queryKeys.connections,
    queryFn: async ({ signal }) => (await api.get('/api/connections', { signal })).data,
    enabled,
  })
}
