import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Body, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useRows } from '../../lib/client/use-get.ts'

export type ApiKey = Schemas['ApiKey']

const queryKey = queryKeys.apiKeys

export const useApiKeys = () => useRows(queryKey, ['/api/keys'])

export type ApiKeyRequest = Body<'post', '/api/keys'>

export function useCreateApiKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ApiKeyRequest) => api.post('/api/keys', { body }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  })
}

export function useRevokeApiKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.delete('/api/keys/{id}', { path: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  })
}
