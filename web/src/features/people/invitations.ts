import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useRows } from '../../lib/client/use-get.ts'

const queryKey = queryKeys.invitations

export const useInvitations = () => useRows(queryKey, ['/api/invitations'])

export const useInvite = () =>
  useChange([queryKey], (body: Schemas['InvitationCreate']) => api.post('/api/invitations', { body }))

export type NewInvitation = Schemas['NewInvitation']
type Renewed = Schemas['InvitationCreate'] & { readonly id: string }

/** The old link works until the new one exists. */
export const useRenewInvitation = () =>
  useChange([queryKey], async ({ id, ...body }: Renewed) => {
    const made = await api.post('/api/invitations', { body })
    await api.delete('/api/invitations/{id}', { path: { id } })
    return made
  })

export const useRevokeInvitation = () =>
  useChange([queryKey], (id: string) => api.delete('/api/invitations/{id}', { path: { id } }))

export function useOpenInvitation(token: string) {
  return useQuery({
    queryKey: queryKeys.openInvitation(token),
    // Proxies log URLs.
    queryFn: ({ signal }) => api.post('/api/invitations/open', { body: { token }, signal }),
    enabled: token !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useAcceptInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['InvitationAccept']) => api.post('/api/invitations/accept', { body }),
    // The invitation is used up.
    onSuccess: () =>
      client.resetQueries({ predicate: ({ queryKey: [topic] }) => topic !== queryKeys.openInvitation('')[0] }),
  })
}
