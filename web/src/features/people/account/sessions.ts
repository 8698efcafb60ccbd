import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'
import { callAccounts } from './factors/call-accounts.ts'

export type Session = {
  token: string
  createdAt: string
  updatedAt: string
  ipAddress: string | null
  userAgent: string | null
}

const queryKey = queryKeys.sessions

export function useSessions() {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => callAccounts<Session[]>('/list-sessions', undefined, signal),
  })
}

export const useEndSession = () => useChange([queryKey], (token: string) => callAccounts('/revoke-session', { token }))
