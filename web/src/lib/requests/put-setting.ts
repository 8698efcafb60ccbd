import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../api.ts'
import type { JsonText } from '../json-text.ts'
import { settingPath } from './get-settings.ts'

export type PutSetting = {
  key: string
  /** Goes out as it is: values never pass through JavaScript's numbers. */
  value: JsonText
  secret?: boolean
}

export function putSetting(workflowId: string, { key, value, secret }: PutSetting): Promise<unknown> {
  const flag = secret === undefined ? '' : `,"secret":${secret}`
  return api(settingPath(workflowId, key), { method: 'PUT', body: `{"value":${value}${flag}}` })
}

export function usePutSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setting: PutSetting) => putSetting(workflowId, setting),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['settings', workflowId] })
      void client.invalidateQueries({ queryKey: ['setting-history', workflowId] })
    },
  })
}
