import { useQuery } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'

type Session = { session: { token: string }; user: { email: string; name: string } }

/** Who is signed in, as better-auth tells it; null for somebody who came with an API key. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => api<Session | null>('/api/auth/get-session', { signal }),
    staleTime: 60_000,
  })
}
