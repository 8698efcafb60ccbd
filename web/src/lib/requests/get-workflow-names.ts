import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

/** Names for lists that mix workflows; a workflow that is not among the first 200 is shown by its id. */
export function useWorkflowNames(enabled: boolean) {
  return useQuery({
    queryKey: queryKeys.workflowNames,
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        [false, true].map((archived) => api.get('/api/workflows', { query: { limit: 200, archived }, signal })),
      )
      return new Map(pages.flatMap((page) => page.data).map(({ id, name }) => [id, name]))
    },
    enabled,
    staleTime: 30_000,
  })
}
