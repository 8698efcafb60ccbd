import { useQuery } from '@tanstack/react-query'
import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { POLL_MS } from '../../../lib/requests/runs/get-runs.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'

export type Glance = Pick<RunSummary, 'id' | 'status' | 'warnings' | 'created_at'>

const REPORTED: RunSummary['warnings'] = [{ code: 'reported_failure', message: '' }]
const COUNT = 12
const MAX_WORKFLOWS = 200

export function useGlances(workflowIds: readonly string[]) {
  return useQuery({
    queryKey: queryKeys.glances(workflowIds),
    queryFn: async ({ signal }) => {
      const glances = new Map<string, Glance[]>(workflowIds.map((id) => [id, []]))
      for (let at = 0; at < workflowIds.length; at += MAX_WORKFLOWS) {
        const ids = workflowIds.slice(at, at + MAX_WORKFLOWS).join(',')
        const { data } = await api.get('/api/last-runs', { query: { workflow_ids: ids, count: COUNT }, signal })
        for (const { workflow_id, reported_failure, ...run } of data) {
          glances.get(workflow_id)?.push({ ...run, warnings: reported_failure ? REPORTED : [] })
        }
      }
      return glances
    },
    enabled: workflowIds.length > 0,
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}
