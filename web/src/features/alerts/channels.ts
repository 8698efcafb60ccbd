import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Body, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useGet, useRows } from '../../lib/client/use-get.ts'

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

export const useChannels = () => useRows(queryKeys.channels, ['/api/channels', { query: { limit: MOST } }])

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

export const usePreviews = (id: string) =>
  useRows(queryKeys.previews(id), ['/api/channels/{id}/previews', { path: { id } }])

export const useDeleteChannel = () =>
  useChange([queryKeys.channels], (id: string) => api.delete('/api/channels/{id}', { path: { id } }))

export const useTestChannel = () =>
  useChange([queryKeys.alerts], (id: string) => api.post('/api/channels/{id}/test', { path: { id }, body: {} }))

export const useSystemAlerts = () => useGet(queryKeys.systemAlerts, ['/api/system/alerts'])

export function usePutSystemAlerts() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AlertRule | null) => api.put('/api/system/alerts', { body }),
    onSuccess: (stored) => client.setQueryData(queryKeys.systemAlerts, stored),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.systemAlerts }),
  })
}

export const useSentAlerts = () =>
  useRows(queryKeys.alerts, ['/api/alerts', { query: { limit: 20 } }], { refetchInterval: 5000 })
