import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api.ts'
import { runsPath } from './get-runs.ts'
import { RUN_TEXTS, type Run } from './run.ts'

export type StartRun = {
  request?: { headers?: [string, string][]; body?: string; body_encoding?: 'utf8' | 'base64'; query?: string }
  version?: number
  /** Tries code that is not saved. */
  source?: string
  keep_settings?: boolean
}

/** Runs a pull workflow now without waiting: the run is still queued when this resolves. */
export const startInBackground = (workflowId: string): Promise<Run> =>
  api<Run>(runsPath(workflowId), {
    method: 'POST',
    body: {},
    headers: { prefer: 'respond-async' },
    keepText: RUN_TEXTS,
  })

/** Runs now and waits for the end; the mutation's data is the finished run. */
export function useStartRun(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (start: StartRun) =>
      api<Run>(runsPath(workflowId), { method: 'POST', body: start, keepText: RUN_TEXTS }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['runs'] })
      void client.invalidateQueries({ queryKey: ['settings', workflowId] })
    },
  })
}
