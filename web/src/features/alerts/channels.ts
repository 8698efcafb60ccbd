import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Body, type Schemas } from '../../lib/api.ts'
import { queryKeys } from '../../lib/query-keys.ts'

export type Channel = Schemas['Channel']
export type NewChannel = Body<'post', '/api/channels'>
export type AlertRule = NonNullable<Schemas['Workflow']['alerts']>

const MOST = 200

export function useChannels() {
  return useQuery({
    queryKey: queryKeys.channels,
    queryFn: async ({ signal }) => (await api.get('/api/channels', { query: { limit: MOST }, signal })).data,
  })
}

export function useCreateChannel() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: NewChannel) => api.post('/api/channels', { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.channels }),
  })
}

export function useDeleteChannel() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.delete('/api/channels/{id}', { path: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.channels }),
  })
}

export function useTestChannel() {
  return useMutation({ mutationFn: (id: string) => api.post('/api/channels/{id}/test', { path: { id }, body: {} }) })
}

export function useSystemAlerts() {
  return useQuery({
    queryKey: queryKeys.systemAlerts,
    queryFn: ({ signal }) => api.get('/api/system/alerts', { signal }),
  })
}

export function usePutSystemAlerts() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AlertRule | null) => api.put('/api/system/alerts', { body }),
    onSuccess: (stored) => client.setQueryData(queryKeys.systemAlerts, stored),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.systemAlerts }),
  })
}

export function useSentAlerts() {
  return useQuery({
    queryKey: queryKeys.alerts,
    queryFn: async ({ signal }) => (await api.get('/api/alerts', { query: { limit: 20 }, signal })).data,
    refetchInterval: 5000,
  })
}
