import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { ApiError, api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Me = Schemas['Me']
export type Role = NonNullable<Me['role']>
export type Scope = Me['scopes'][number]

/** False if only others may edit the workflow. */
export const MayEdit = createContext(true)

/** True until known: the server decides. */
export function useMay(scope: Scope): boolean {
  const mayEdit = useContext(MayEdit)
  const has = useMe().data?.scopes.includes(scope) ?? true
  return has && (mayEdit || (scope !== 'run' && scope !== 'write'))
}

const PAUSE_MS = 300
const MOST_PAUSES = 20

/**
 * A change of two-factor or the password replaces the session. The old one ends before the new cookie arrives, so a 401
 * in between is not the end of the sign-in.
 */
export function useMe() {
  const client = useQueryClient()
  const ask = (signal: AbortSignal) => api.get('/api/me', { signal })
  return useQuery({
    queryKey: queryKeys.me,
    queryFn: async ({ signal }) => {
      try {
        return await ask(signal)
      } catch (error) {
        const mayReturn = error instanceof ApiError && error.status === 401
        if (!mayReturn || client.getQueryData(queryKeys.me) === undefined) throw error
        for (let n = 0; n === 0 || (n < MOST_PAUSES && client.isMutating() > 0); n += 1) await pause()
        return await ask(signal)
      }
    },
    staleTime: 60_000,
  })
}

const pause = (): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, PAUSE_MS))
