import { useDebouncedValue } from '@mantine/hooks'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useRows } from '../../../../lib/client/use-get.ts'

/** Ignores the case. */
export function useNameTaken(typed: string): boolean {
  const [q] = useDebouncedValue(typed.trim(), 300)
  const found = useRows(queryKeys.nameTaken(q), ['/api/workflows', { query: { q, limit: 20 } }], { enabled: q !== '' })
  return found.data?.some(({ name }) => name.toLowerCase() === q.toLowerCase()) ?? false
}
