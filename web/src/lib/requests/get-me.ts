import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Me = Schemas['Me']
export type Role = NonNullable<Me['role']>
export type Scope = Me['scopes'][number]

/** Some workflows are restricted to their editors. */
export const MayEdit = createContext(true)

/** True until known, because the server decides in any case. */
export function useMay(scope: Scope): boolean {
  const mayEdit = useContext(MayEdit)
  const has = useMe().data?.scopes.includes(scope) ?? true
  return has && (mayEdit || (scope !== 'run' && scope !== 'write'))
}

export function useMe() {
  return useQuery({
    queryKey: queryKeys.me,
    queryFn: ({ signal }) => api.get('/api/me', { signal }),
    staleTime: 60_000,
  })
}
