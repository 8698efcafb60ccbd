import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useRows } from '../../../lib/client/use-get.ts'
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
  const { data } = useRows(queryKeys.workflowTags, ['/api/tags'], { select: (tags) => tags.map(({ name }) => name) })
  return data ?? NONE
}
