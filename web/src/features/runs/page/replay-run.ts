import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'

export function useReplayRun(runId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (version: number | null) =>
      api.post('/api/runs/{id}/replay', { path: { id: runId }, body: version === null ? {} : { version } }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.runs }),
  })
}
