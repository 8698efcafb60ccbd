import { useQuery } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'

type Session = { session: { token: string }; user: { email: string; name: string } }

/** The signed-in person, as better-auth returns them; null for a caller with an API key. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => api<Session | null>('/api/auth/get-session', { signal }),
    staleTime: 60_000,
  })
}
