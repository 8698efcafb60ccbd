import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Page } from '../../lib/api.ts'
import type { Role } from '../../lib/requests/get-me.ts'

export type Person = { id: string; name: string; email: string; role: Role | null; created_at: string }

const queryKey = ['people'] as const

export const ROLE_CHOICES: readonly { value: Role; label: string; explanation: string }[] = [
  { value: 'viewer', label: 'Viewer', explanation: 'sees everything except secrets and hook URLs' },
  { value: 'editor', label: 'Editor', explanation: 'also writes and runs workflows' },
  { value: 'owner', label: 'Owner', explanation: 'also manages people, API keys and the audit log' },
]

export function usePeople() {
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await api<Page<Person>>('/api/people', { signal })).data,
  })
}

export function useSetRole() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, role, keepKeys }: { id: string; role: Role; keepKeys: boolean }) =>
      api<Person>(`/api/people/${encodeURIComponent(id)}`, {
        method: 'PATCH',
        body: { role, keys: keepKeys ? 'keep' : 'end' },
      }),
    // An owner who lowers their own role sees less from now on.
    onSettled: () => client.invalidateQueries(),
  })
}

export function useRemovePerson() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, keepKeys }: { id: string; keepKeys: boolean }) =>
      api(`/api/people/${encodeURIComponent(id)}?keys=${keepKeys ? 'keep' : 'end'}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries(),
  })
}
