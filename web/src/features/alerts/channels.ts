import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Body, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'

export type Channel = Schemas['Channel']
export type NewChannel = Body<'post', '/api/channels'>
export type AlertRule = NonNullable<Schemas['Workflow']['alerts']>

export const EVENTS: AlertRule['on'] = [
  'failing',
  'recovered',
  'missed_tick',
  'canary_aborted',
  'settings_conflict',
  'connection_lost',
  'dead_letter',
]
export const NEW_RULE: AlertRule = { channels: [], on: EVENTS, after: 1 }

const MOST = 200

export function useChannels() {
  return useQuery({
    queryKey: queryKeys.channels,
    queryFn: async ({ signal }) => (await api.get('/api/channels', { query: { limit: MOST }, signal })).data,
  })
}

type Saved = Omit<NewChannel, 'config'> & { config: NewChannel['config'] | null; forAll: boolean }

/** Without a config, a channel keeps its own. */
export const useSaveChannel = (channel: Channel | undefined) =>
  useChange([queryKeys.channels, queryKeys.systemAlerts], async ({ name, type, config, forAll }: Saved) => {
    if (channel !== undefined) {
      const body = { name, ...(config === null ? {} : { config }) }
      return await api.patch('/api/channels/{id}', { path: { id: channel.id }, body })
    }
    const made = await api.post('/api/channels', { body: { name, type, config: config ?? {} } })
    if (forAll) await addToSystemRule(made.id)
    return made
  })

async function addToSystemRule(id: string): Promise<void> {
  const rule = (await api.get('/api/system/alerts', {})) ?? NEW_RULE
  await api.put('/api/system/alerts', { body: { ...rule, channels: [...rule.channels, id] } })
}

export function usePreviews(id: string) {
  return useQuery({
    queryKey: queryKeys.previews(id),
    queryFn: async ({ signal }) => (await api.get('/api/channels/{id}/previews', { path: { id }, signal })).data,
  })
}

export const useDeleteChannel = () =>
  useChange([queryKeys.channels], (id: string) => api.delete('/api/channels/{id}', { path: { id } }))

export const useTestChannel = () =>
  useChange([queryKeys.alerts], (id: string) => api.post('/api/channels/{id}/test', { path: { id }, body: {} }))

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
