import { type Answer, api, type Body } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'

export type InternalHost = Answer<'get', '/api/network'>['internal'][number]
export type HostFields = Required<Body<'post', '/api/network/internal'>>

export const useSaveHost = () =>
  useChange([queryKeys.network], ({ id, body }: { id: string | null; body: HostFields }) =>
    id === null
      ? api.post('/api/network/internal', { body })
      : api.patch('/api/network/internal/{id}', { path: { id }, body }),
  )

export const useDeleteHost = () =>
  useChange([queryKeys.network], (id: string) => api.delete('/api/network/internal/{id}', { path: { id } }))
