import { api, type Body, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useRows } from '../../lib/client/use-get.ts'

export type ApiKey = Schemas['ApiKey']

const queryKey = queryKeys.apiKeys

export const useApiKeys = () => useRows(queryKey, ['/api/keys'])

export type ApiKeyRequest = Body<'post', '/api/keys'>

export const useCreateApiKey = () => useChange([queryKey], (body: ApiKeyRequest) => api.post('/api/keys', { body }))

export const useRevokeApiKey = () =>
  useChange([queryKey], (id: string) => api.delete('/api/keys/{id}', { path: { id } }))
