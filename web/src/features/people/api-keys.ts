import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Page } from '../../lib/api.ts'
import type { Scope } from '../../lib/requests/get-me.ts'

export type ApiKey = {
  id: string
  name: string
  prefix: string
  scopes: readonly Scope[]
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
  created_by: { type: string; id: string; name: string }
}
/** The key itself is returned only once, on creation. */
export type NewApiKey = ApiKey & { key: string }

const queryKey = ['api-keys'] as const

export function useApiKeys() {
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await api<Page<ApiKey>>('/api/keys', { signal })).data,
  })
}

export type ApiKeyRequest = { name: string; scopes: readonly Scope[]; expires_at: string | null }

export function useCreateApiKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ApiKeyRequest) => api<NewApiKey>('/api/keys', { method: 'POST', body }),
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
