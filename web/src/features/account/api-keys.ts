import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Page } from '../../lib/api.ts'

export type ApiKey = {
  id: string
  name: string
  prefix: string
  created_at: string
  last_used_at: string | null
  revoked_at: string | null
}
/** The key itself is told once, when it is made. */
export type NewApiKey = ApiKey & { key: string }

const queryKey = ['api-keys'] as const

export function useApiKeys() {
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await api<Page<ApiKey>>('/api/keys', { signal })).data,
  })
}

export function useCreateApiKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => api<NewApiKey>('/api/keys', { method: 'POST', body: { name } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  })
}

export function useRevokeApiKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api(`/api/keys/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  })
}
