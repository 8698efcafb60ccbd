import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

export type Me = Schemas['Me']
export type Role = NonNullable<Me['role']>
export type Scope = Me['scopes'][number]

/** Whether the person may do it; true until that is known, since the server decides in any case. */
export const useMay = (scope: Scope): boolean => useMe().data?.scopes.includes(scope) ?? true

export function useMe() {
  return useQuery({
    queryKey: queryKeys.me,
    queryFn: ({ signal }) => api.get('/api/me', { signal }),
    staleTime: 60_000,
  })
}
