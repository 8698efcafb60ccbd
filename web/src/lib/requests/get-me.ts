import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'

export type Role = 'viewer' | 'editor' | 'owner'
export type Scope = 'read' | 'run' | 'write' | 'admin'
export type Me = { type: 'person' | 'api_key'; id: string; name: string; role: Role | null; scopes: readonly Scope[] }

/** Whether the person may do it; true until that is known, since the server decides in any case. */
export const useMay = (scope: Scope): boolean => useMe().data?.scopes.includes(scope) ?? true

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => api<Me>('/api/me', { signal }), staleTime: 60_000 })
}
