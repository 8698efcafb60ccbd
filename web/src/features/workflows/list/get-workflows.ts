import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../../lib/api.ts'
import type { Kind, Workflow } from '../../../lib/requests/get-workflow.ts'

export type WorkflowFilter = { kind?: Kind | null; q?: string; archived?: boolean }

export function useWorkflows(filter: WorkflowFilter) {
  return useInfiniteQuery({
    queryKey: ['workflows', filter],
    queryFn: ({ pageParam, signal }) =>
      api<Page<Workflow>>(`/api/workflows${query({ ...filter, limit: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  })
}
