import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'

/** `steps`: the next attempt keeps the stored steps. */
export type ReplayFrom = 'start' | 'steps'

export function useReplayRun(runId: string, from: ReplayFrom) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (version: number | null) =>
      api.post('/api/runs/{id}/replay', { path: { id: runId }, body: version === null ? { from } : { from, version } }),
    onSuccess: () =>
      Promise.all([queryKeys.runs, queryKeys.run(runId)].map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
