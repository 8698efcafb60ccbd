import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../api.ts'
import type { JsonText } from '../json-text.ts'
import { settingPath } from './get-settings.ts'

export type PutSetting = {
  key: string
  /** Goes out as it is: values never pass through JavaScript's numbers. */
  value: JsonText
  secret?: boolean
  /** Revision that the value was made from, 0 for none; when it is another by now, the answer is 409. */
  base?: number
}

export function putSetting(
  workflowId: string,
  { key, value, secret, base }: PutSetting,
): Promise<{ revision: number }> {
  const flag = secret === undefined ? '' : `,"secret":${secret}`
  const revision = base === undefined ? '' : `,"base_revision":${base}`
  return api(settingPath(workflowId, key), { method: 'PUT', body: `{"value":${value}${flag}${revision}}` })
}

export function usePutSetting(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setting: PutSetting) => putSetting(workflowId, setting),
    // After a refusal too: what somebody else wrote must be seen.
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['settings', workflowId] })
      void client.invalidateQueries({ queryKey: ['setting-history', workflowId] })
    },
  })
}
