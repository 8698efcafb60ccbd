import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { callAccounts } from './factors/call-accounts.ts'

type Session = { session: { token: string }; user: { email: string; name: string; twoFactorEnabled?: boolean | null } }

/** Null with an API key. */
export function useSession() {
  return useQuery({
    queryKey: queryKeys.session,
    queryFn: ({ signal }) => callAccounts<Session | null>('/get-session', undefined, signal),
    staleTime: 60_000,
  })
}
