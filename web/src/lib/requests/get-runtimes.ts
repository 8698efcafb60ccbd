import { useQuery } from '@tanstack/react-query'
import { api, type Page } from '../api.ts'

export type Runtime = {
  name: string
  version: string
  usable: boolean
  reason: string | null
  packages: { name: string; version: string }[]
}

export function useRuntimes() {
  return useQuery({
    queryKey: ['runtimes'],
    queryFn: async ({ signal }) => (await api<Page<Runtime>>('/api/runtimes', { signal })).data,
    staleTime: 60_000,
  })
}
