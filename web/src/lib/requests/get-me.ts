import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'

export type Me = { type: 'person' | 'api_key'; id: string; name: string }

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => api<Me>('/api/me', { signal }), staleTime: 60_000 })
}
