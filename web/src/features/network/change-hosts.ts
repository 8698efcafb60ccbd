import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type Answer, api, type Body } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type InternalHost = Answer<'get', '/api/network'>['internal'][number]
export type HostFields = Required<Body<'post', '/api/network/internal'>>

export function useSaveHost() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, body }: { id: string | null; body: HostFields }) =>
      id === null
        ? api.post('/api/network/internal', { body })
        : api.patch('/api/network/internal/{id}', { path: { id }, body }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.network }),
  })
}

export function useDeleteHost() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.delete('/api/network/internal/{id}', { path: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.network }),
  })
}
