import { keepPreviousData } from '@tanstack/react-query'
import type { Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { useRows } from '../client/use-get.ts'
import type { Schedule } from './get-workflow.ts'

export type UpcomingTick = Schemas['UpcomingTick']

const COUNT = 10
const REFRESH_MS = 30_000

export const useNextTicks = (workflowId: string) =>
  useRows(
    queryKeys.nextTicks(workflowId),
    ['/api/workflows/{id}/next-ticks', { path: { id: workflowId }, query: { count: COUNT } }],
    { refetchInterval: REFRESH_MS },
  )

export const usePreviewTicks = (schedule: Schedule | null) =>
  useRows(queryKeys.previewTicks(schedule), ['/api/next-ticks', { query: { ...timesOf(schedule), count: COUNT } }], {
    enabled: schedule !== null,
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
  })

function timesOf(schedule: Schedule | null) {
  if (schedule === null || 'continuous' in schedule) return schedule ?? {}
  const { overlap: _overlap, missed: _missed, ...times } = schedule
  return times
}
