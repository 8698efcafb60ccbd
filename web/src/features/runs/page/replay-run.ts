import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'
import { runPath } from '../../../lib/requests/runs/get-run.ts'
import { RUN_TEXTS, type Run } from '../../../lib/requests/runs/run.ts'

/** Replays the request with the given version, or with the deployed one (null). */
export function useReplayRun(runId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (version: number | null) =>
      api<Run>(`${runPath(runId)}/replay`, {
        method: 'POST',
        body: version === null ? {} : { version },
        keepText: RUN_TEXTS,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['runs'] }),
  })
}
