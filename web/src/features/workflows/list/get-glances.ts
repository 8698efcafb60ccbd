import { useQuery } from '@tanstack/react-query'
import { type Answer, api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'

export type DayGlance = Answer<'get', '/api/workflow-glances'>['data'][number]

const POLL_MS = 30_000
const MAX_WORKFLOWS = 50

export function useDayGlances(workflowIds: readonly string[]) {
  return useQuery({
    queryKey: queryKeys.dayGlances(workflowIds),
    queryFn: async ({ signal }) => {
      const glances = new Map<string, DayGlance>()
      for (let at = 0; at < workflowIds.length; at += MAX_WORKFLOWS) {
        const ids = workflowIds.slice(at, at + MAX_WORKFLOWS).join(',')
        const { data } = await api.get('/api/workflow-glances', { query: { workflow_ids: ids }, signal })
        for (const glance of data) glances.set(glance.workflow_id, glance)
      }
      return glances
    },
    enabled: workflowIds.length > 0,
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}
