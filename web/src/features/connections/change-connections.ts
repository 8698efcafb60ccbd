import { type Answer, api, type Body } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useRows } from '../../lib/client/use-get.ts'
import { OTHER, OTHER_NAME } from './provider-words.ts'

export type Provider = Answer<'get', '/api/connection-providers'>['data'][number]
export type NewConnection = Body<'post', '/api/connections'>

/** The API is English. */
export const useProviders = () =>
  useRows(queryKeys.connectionProviders, ['/api/connection-providers'], {
    select: (providers) => providers.map((one) => (one.provider === OTHER ? { ...one, name: OTHER_NAME } : one)),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const useCreateConnection = () =>
  useChange([queryKeys.connections], (body: NewConnection) => api.post('/api/connections', { body }))

export const useDeleteConnection = () =>
  useChange([queryKeys.connections], (id: string) => api.delete('/api/connections/{id}', { path: { id } }))

export const useAuthorize = () =>
  useChange([queryKeys.connections], (id: string) =>
    api.post('/api/connections/{id}/authorize', { path: { id }, body: {} }),
  )

export const useDisconnect = () =>
  useChange([queryKeys.connections], (id: string) =>
    api.post('/api/connections/{id}/disconnect', { path: { id }, body: {} }),
  )

export const useTestConnection = () =>
  useChange([queryKeys.connections], (id: string) => api.post('/api/connections/{id}/test', { path: { id }, body: {} }))
