import { api, type Schemas } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'
import { useRows } from '../../../lib/client/use-get.ts'
import { usePages } from '../../../lib/client/use-pages.ts'

export type DeadGroup = Schemas['DeadGroup']

const REFRESH_MS = 3000

export const useDeadGroups = () =>
  usePages(queryKeys.deadLetters, ({ cursor, signal }) => api.get('/api/dead-letters', { query: { cursor }, signal }), {
    refetchInterval: REFRESH_MS,
  })

export const useDeadRuns = (id: string) =>
  useRows(queryKeys.deadRuns(id), ['/api/dead-letters/{id}/runs', { path: { id } }], { refetchInterval: REFRESH_MS })

export const useReplayDead = (id: string) =>
  useDecision((body) => api.post('/api/dead-letters/{id}/replay', { path: { id }, body }))

export const useDismissDead = (id: string) =>
  useDecision((body) => api.post('/api/dead-letters/{id}/dismiss', { path: { id }, body }))

const useDecision = <T>(decide: (body: { run_id?: string }) => Promise<T>) =>
  useChange([queryKeys.deadLetters], (runId: string | null) => decide(runId === null ? {} : { run_id: runId }))
