import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'

export type Me = { id: string; name: string; email?: string | null; type?: string }

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => api<Me>('/api/me', { signal }), staleTime: 60_000 })
}
