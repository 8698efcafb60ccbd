import { useQuery } from '@tanstack/react-query'
import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { usePages } from '../../../lib/client/use-pages.ts'
import type { Kind } from '../../../lib/requests/get-workflow.ts'

export type WorkflowFilter = {
  kind?: Kind | null
  q?: string
  tag?: string | null
  archived?: boolean
  sort?: 'created' | 'updated' | 'name'
}

export const useWorkflows = (filter: WorkflowFilter) =>
  usePages(
    queryKeys.workflowList(filter),
    ({ cursor, signal }) =>
      api.get('/api/workflows', { query: { ...filter, similar: true, limit: 50, cursor }, signal }),
    { refetchInterval: 15_000, keepsPrevious: true },
  )

const NONE: readonly string[] = []

/** Includes workflows that no list has loaded. */
export function useTags(): readonly string[] {
  const { data } = useQuery({
    queryKey: queryKeys.workflowTags,
    queryFn: ({ signal }) => api.get('/api/tags', { signal }),
    select: (list) => list.data.map(({ name }) => name),
  })
  return data ?? NONE
}
