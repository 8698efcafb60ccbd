import { useQuery } from '@tanstack/react-query'
import { api, type Page } from '../api.ts'
import type { Workflow } from './get-workflow.ts'

/** Names for lists that mix workflows; whoever is not among the first 200 is shown by its id. */
export function useWorkflowNames(enabled: boolean) {
  return useQuery({
    queryKey: ['workflows', 'names'],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        ['false', 'true'].map((archived) =>
          api<Page<Workflow>>(`/api/workflows?limit=200&archived=${archived}`, { signal }),
        ),
      )
      return new Map(pages.flatMap((page) => page.data).map(({ id, name }) => [id, name]))
    },
    enabled,
    staleTime: 30_000,
  })
}
