import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'

/** As better-auth returns them; `token` identifies the session to revoke. */
export type Session = {
  token: string
  createdAt: string
  updatedAt: string
  ipAddress: string | null
  userAgent: string | null
}

const queryKey = ['sessions'] as const

export function useSessions() {
  return useQuery({ queryKey, queryFn: ({ signal }) => api<Session[]>('/api/auth/list-sessions', { signal }) })
}

export function useEndSession() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (token: string) => api('/api/auth/revoke-session', { method: 'POST', body: { token } }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
}
