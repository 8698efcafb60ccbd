import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'

export type Runtime = {
  name: string
  version: string
  usable: boolean
  reason: string | null
  /** Version by name. */
  packages: Record<string, string>
}

export function useRuntimes() {
  return useQuery({
    queryKey: ['runtimes'],
    queryFn: async ({ signal }) => {
      const answer = await api<Runtime[] | { data: Runtime[] }>('/api/runtimes', { signal })
      return Array.isArray(answer) ? answer : answer.data
    },
    staleTime: 60_000,
  })
}
