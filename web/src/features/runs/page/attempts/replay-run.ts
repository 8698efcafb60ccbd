import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'

/** `steps`: the next attempt keeps the stored steps. */
export type ReplayFrom = 'start' | 'steps'

/** Opens the new run. */
export function useReplayRun(runId: string, from: ReplayFrom) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (version: number | null) =>
      api.post('/api/runs/{id}/replay', { path: { id: runId }, body: version === null ? { from } : { from, version } }),
    // An event of the new attempt may remove the button before the answer. Callbacks of `mutate` are not called then.
    onSuccess: async ({ id }) => {
      await navigate(`/runs/${id}`)
      await client.invalidateQueries({ queryKey: queryKeys.runs })
    },
    onError: notifyError,
  })
}
