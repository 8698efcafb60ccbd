import { useQuery } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'

type WorkflowName = { id: string; name: string }
export type Failing = { workflow: WorkflowName; total: number; failed: number; recovered: boolean; last: RunSummary }
export type Home = {
  since: string
  runs: { total: number; failed: number }
  failing: Failing[]
  running: { workflow: WorkflowName; run: RunSummary }[]
  next: { workflow: WorkflowName; due_at: string }[]
}

const POLL_MS = 5000

/** Recent failures, runs in progress and upcoming runs. */
export function useHome() {
  return useQuery({
    // Events of runs refresh what begins with "runs".
    queryKey: ['runs', 'home'],
    queryFn: ({ signal }) => api<Home>('/api/home', { signal }),
    refetchInterval: POLL_MS,
  })
}
