import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../api.ts'
import type { Schedule } from './get-workflow.ts'

export type UpcomingTick = {
  due_at: string
  utc_offset_minutes: number
  /** The zone's clock is moved between the tick before and this one. */
  clock_change: 'forward' | 'back' | null
  /** Its local time does not exist on that day. */
  moved: boolean
}

const COUNT = 10
const REFRESH_MS = 30_000

/** The next ticks of a workflow whose schedule is armed; none while nothing ticks. */
export function useNextTicks(workflowId: string) {
  return useQuery({
    queryKey: ['ticks', workflowId, 'next'],
    queryFn: async ({ signal }) => {
      const path = `/api/workflows/${encodeURIComponent(workflowId)}/next-ticks`
      return (await api<Page<UpcomingTick>>(path + query({ count: COUNT }), { signal })).data
    },
    refetchInterval: REFRESH_MS,
  })
}

/** The ticks that a schedule would have; an error says what is wrong with it. */
export function usePreviewTicks(schedule: Schedule | null) {
  return useQuery({
    queryKey: ['preview-ticks', schedule],
    queryFn: async ({ signal }) => {
      const { overlap: _overlap, missed: _missed, ...times } = schedule ?? {}
      return (await api<Page<UpcomingTick>>(`/api/next-ticks${query({ ...times, count: COUNT })}`, { signal })).data
    },
    enabled: schedule !== null,
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
  })
}
