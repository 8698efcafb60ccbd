import type { Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'

export type TickDay = Schemas['TickDay']

const REFRESH_MS = 30_000

export const useTickDays = (workflowId: string, days: number, timezone: string) =>
  useGet(
    queryKeys.tickDays(workflowId, days, timezone),
    ['/api/workflows/{id}/tick-days', { path: { id: workflowId }, query: { days, timezone } }],
    { refetchInterval: REFRESH_MS },
  )
