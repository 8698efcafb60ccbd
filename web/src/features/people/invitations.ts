import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Page } from '../../lib/api.ts'
import type { Me, Role } from '../../lib/requests/get-me.ts'

export type Invitation = { id: string; email: string; role: Role; created_at: string; expires_at: string }
/** The link is returned only once, on creation. */
export type NewInvitation = Invitation & { url: string }

const queryKey = ['invitations'] as const
const OPEN = 'open-invitation'

export function useInvitations() {
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await api<Page<Invitation>>('/api/invitations', { signal })).data,
  })
}

export function useInvite() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { email: string; role: Role }) =>
      api<NewInvitation>('/api/invitations', { method: 'POST', body }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  })
}

export function useRevokeInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api(`/api/invitations/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
}

/** The e-mail address and role of an invitation; works without an account. */
export function useOpenInvitation(token: string) {
  return useQuery({
    queryKey: [OPEN, token],
    // In the body, because addresses are logged on the way.
    queryFn: ({ signal }) =>
      api<{ email: string; role: Role }>('/api/invitations/open', { method: 'POST', body: { token }, signal }),
    enabled: token !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useAcceptInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { token: string; name: string; password: string }) =>
      api<Me>('/api/invitations/accept', { method: 'POST', body }),
    // Refetches everything that was requested before the sign-in; the invitation itself is used up, and its page closes.
    onSuccess: () => client.resetQueries({ predicate: ({ queryKey: [first] }) => first !== OPEN }),
  })
}
