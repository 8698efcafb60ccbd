import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { notifyError } from '../../lib/notices/notify.ts'

export const useSilence = (workflowId: string) =>
  useGet(queryKeys.silence(workflowId), ['/api/workflows/{id}/silence', { path: { id: workflowId } }], {
    refetchInterval: 30_000,
  })

/** Null for the next success, `never` to end the silence. */
type Until = string | null | 'never'

export function useSetSilence(workflowId: string) {
  const client = useQueryClient()
  const path = { id: workflowId }
  return useMutation({
    mutationFn: async (until: Until) => {
      if (until === 'never') await api.delete('/api/workflows/{id}/silence', { path })
      else await api.put('/api/workflows/{id}/silence', { path, body: { until } })
    },
    onError: notifyError,
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.silence(workflowId) }),
        client.invalidateQueries({ queryKey: queryKeys.home }),
      ]),
  })
}
