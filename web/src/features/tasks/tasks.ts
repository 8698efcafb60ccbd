import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type Task = Schemas['Task']
export type Values = Readonly<Record<string, string | number | boolean>>

/** Approvers get no events. */
const REFRESH_MS = 5000

export function useTasks(filter: { status: Task['status']; mine: boolean }) {
  return useInfiniteQuery({
    queryKey: queryKeys.taskList(filter),
    refetchInterval: REFRESH_MS,
    queryFn: ({ pageParam, signal }) =>
      api.get('/api/tasks', { query: { status: filter.status, mine: filter.mine || null, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}

export function useTask(id: string) {
  return useQuery({
    queryKey: queryKeys.task(id),
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => api.get('/api/tasks/{id}', { path: { id }, signal }),
  })
}

export function useAnswer(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { choice: string; reason: string | null; fields: Values | null }) =>
      api.post('/api/tasks/{id}/answer', {
        path: { id },
        body: { ...body, fields: body.fields && { ...body.fields } },
      }),
    // Another person may have answered first.
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.tasks }),
  })
}
