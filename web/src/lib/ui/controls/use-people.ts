import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../../client/api.ts'
import { queryKeys } from '../../client/query-keys.ts'

export type Person = Schemas['Person']

/** The server refuses the list to all but owners. */
export function usePeople() {
  return useQuery({
    queryKey: queryKeys.people,
    queryFn: async ({ signal }) => (await api.get('/api/people', { signal })).data,
  })
}
