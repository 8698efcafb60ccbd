import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'

export type System = {
  setup_needed: boolean
  version?: string
  /** Only told to who is signed in. */
  sandbox?: { tier: string; notes?: string[] | string | null }
  /** What holds for workflows that say nothing themselves. */
  retention?: { days: number; bytes: number }
}

export function useSystem() {
  return useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => api<System>('/api/system', { signal }),
    staleTime: 60_000,
  })
}
