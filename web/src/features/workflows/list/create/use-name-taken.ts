import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'

/** Ignores the case. */
export function useNameTaken(typed: string): boolean {
  const [q] = useDebouncedValue(typed.trim(), 300)
  const found = useQuery({
    queryKey: queryKeys.nameTaken(q),
    queryFn: async ({ signal }) => (await api.get('/api/workflows', { query: { q, limit: 20 }, signal })).data,
    enabled: q !== '',
  })
  return found.data?.some(({ name }) => name.toLowerCase() === q.toLowerCase()) ?? false
}
