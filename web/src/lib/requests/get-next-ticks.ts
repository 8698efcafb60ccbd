import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import type { Schedule } from './get-workflow.ts'

export type UpcomingTick = Schemas['UpcomingTick']

const COUNT = 10
const REFRESH_MS = 30_000

export function useNextTicks(workflowId: string) {
  return useQuery({
    queryKey: queryKeys.nextTicks(workflowId),
    queryFn: async ({ signal }) => {
      const input = { path: { id: workflowId }, query: { count: COUNT }, signal }
      return (await api.get('/api/workflows/{id}/next-ticks', input)).data
    },
    refetchInterval: REFRESH_MS,
  })
}

export function usePreviewTicks(schedule: Schedule | null) {
  return useQuery({
    queryKey: queryKeys.previewTicks(schedule),
    queryFn: async ({ signal }) => {
      return (await api.get('/api/next-ticks', { query: { ...timesOf(schedule), count: COUNT }, signal })).data
    },
    enabled: schedule !== null,
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
  })
}

function timesOf(schedule: Schedule | null) {
  if (schedule === null || 'continuous' in schedule) return schedule ?? {}
  const { overlap: _overlap, missed: _missed, ...times } = schedule
  return times
}
