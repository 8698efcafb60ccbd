import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'

export type DeadGroup = Schemas['DeadGroup']

const REFRESH_MS = 3000

export function useDeadGroups() {
  return useInfiniteQuery({
    queryKey: queryKeys.deadLetters,
    refetchInterval: REFRESH_MS,
    queryFn: ({ pageParam, signal }) => api.get('/api/dead-letters', { query: { cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}

export function useDeadRuns(id: string) {
  return useQuery({
    queryKey: queryKeys.deadRuns(id),
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => (await api.get('/api/dead-letters/{id}/runs', { path: { id }, signal })).data,
  })
}

export const useReplayDead = (id: string) =>
  useDecision((body) => api.post('/api/dead-letters/{id}/replay', { path: { id }, body }))

export const useDismissDead = (id: string) =>
  useDecision((body) => api.post('/api/dead-letters/{id}/dismiss', { path: { id }, body }))

function useDecision<T>(decide: (body: { run_id?: string }) => Promise<T>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (runId: string | null) => decide(runId === null ? {} : { run_id: runId }),
    // Another person may have acted first.
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.deadLetters }),
  })
}
