import { useQuery } from '@tanstack/react-query'
import { type Answer, api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'

export type Home = Answer<'get', '/api/home'>
export type Failing = Home['failing'][number]

const POLL_MS = 5000

export function useHome() {
  return useQuery({
    queryKey: queryKeys.home,
    queryFn: ({ signal }) => api.get('/api/home', { signal }),
    refetchInterval: POLL_MS,
  })
}
